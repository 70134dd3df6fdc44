"""Frauds and accidents in the ledger as a file, and in the evidence beside it."""

from __future__ import annotations

import random

from clustrace.provenance.evidence import Rung
from tests.mutants.forge import rederive, reseal
from tests.mutants.kind import Caught, Kind
from tests.mutants.kinds_cells import LedgerKind
from tests.mutants.places import EVIDENCE, LEDGER, PARQUET
from tests.mutants.settle import changed_ledger, settle, value_cells
from tests.mutants.tree import Row, Tree, pick


class RowTwice(LedgerKind):
    """A cell stands in the ledger twice, the second time with a better number."""

    name = "ledger-row-twice"
    consistent_caught = Caught("CELL-013")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        better = dict(row)
        better["value"] = repr(float(row["value"]) + 0.02)
        settle(better)
        rows.insert(rows.index(row) + 1, better)
        return row["address"]


class RowRemoved(LedgerKind):
    """A cell, ranking, comparison or claim that the ledger does not mention."""

    name = "ledger-row-removed"
    consistent_caught = Caught("CELL-013")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in rows if row["kind"] != "array"])
        rows.remove(row)
        return row["address"]


class ArrayRemoved(LedgerKind):
    """A curve or panel that the ledger does not mention."""

    name = "array-removed"
    artefact = "figure"
    consistent_caught = Caught("CELL-019")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in rows if row["kind"] == "array"])
        rows.remove(row)
        return row["address"]


class RowInvented(LedgerKind):
    """A method that was never run."""

    name = "ledger-row-invented"
    consistent_caught = Caught("CELL-013")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = dict(pick(rng, value_cells(rows)))
        row["row"] = "our-method"
        names = ("paper", "table", "row", "column", "metric")
        row["address"] = ".".join(row[name] for name in names)
        rows.append(row)
        return row["address"]


class ShiftedColumn(Kind):
    """A line of the ledger in which a field was lost."""

    name = "ledger-csv-shifted"
    artefact = "ledger"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("CELL-013")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Lose the field before the value."""
        lines = tree.text(LEDGER).splitlines(keepends=True)
        number = rng.randrange(1, len(lines))
        lines[number] = lines[number].replace(",cell,", ",", 1).replace(",claim,", ",", 1)
        lines[number] = lines[number].replace(",comparison,", ",", 1).replace(",array,", ",", 1)
        lines[number] = lines[number].replace(",kendall-tau,", ",", 1)
        tree.write(LEDGER, "".join(lines))
        return f"line {number + 1}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Lose it, and forge the hash."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class LedgerTruncated(Kind):
    """A ledger that was written half."""

    name = "ledger-half-written"
    artefact = "ledger"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("CELL-013")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Cut it off."""
        content = tree.bytes(LEDGER)
        end = rng.randrange(len(content) // 4, len(content) - 200)
        tree.write(LEDGER, content[:end])
        return f"after {end} bytes"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Cut it off, and forge the hash."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class ParquetAltered(Kind):
    """The Parquet form of the ledger says something else than its CSV."""

    name = "ledger-parquet-altered"
    artefact = "ledger"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("CELL-017")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Write it from other rows."""
        from clustrace.provenance.ledger import read_ledger
        from clustrace.provenance.parquet import write_parquet

        rows = list(read_ledger(LEDGER))
        cells = [row for row in rows if row.kind == "cell" and row.value is not None]
        chosen = pick(rng, cells)
        assert chosen.value is not None
        rows[rows.index(chosen)] = chosen.model_copy(update={"value": chosen.value + 0.01})
        write_parquet(PARQUET, rows)
        return chosen.address

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Write it so, and forge the hash."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class RungRaised(LedgerKind):
    """A number is said to be better confirmed than any audit did."""

    name = "rung-raised-in-ledger"
    artefact = "evidence"
    consistent_caught = Caught("CELL-010")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        row["evidence"] = pick(rng, (Rung.WEIGHTS, Rung.RETRAINED)).value
        return row["address"]

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Raise it, and print the tables so."""
        lines = tree.rows(EVIDENCE)
        place = changed_ledger(tree, rng, self.change)
        raised = {row["address"]: row["evidence"] for row in tree.rows(LEDGER)}
        # Confirmations are renewed from what stands in the file of evidence.
        tree.write_rows([{**line, "rung": raised[line["address"]]} for line in lines], EVIDENCE)
        rederive(tree)
        tree.write(EVIDENCE, tree.original(EVIDENCE))
        reseal(tree)
        return place


class EvidenceForged(Kind):
    """Confirmations of a height that no audit reached, in the file of evidence itself."""

    name = "rung-raised-in-evidence"
    artefact = "evidence"
    naive_caught = Caught("CELL-010")
    consistent_caught = Caught("CELL-010")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Raise one."""
        lines = tree.rows(EVIDENCE)
        line = pick(rng, lines)
        line["rung"] = pick(rng, (Rung.WEIGHTS, Rung.RETRAINED)).value
        tree.write_rows(lines, EVIDENCE)
        return line["address"]

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Raise it, and let the ledger and the tables say so."""
        place = self.naive(tree, rng)
        rederive(tree)
        return place


class EvidenceStale(Kind):
    """A confirmation of other label vectors is kept."""

    name = "evidence-stale"
    artefact = "evidence"
    naive_caught = Caught("CELL-010")
    consistent_caught = Caught("CELL-010")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Let a confirmation rest on something else."""
        lines = tree.rows(EVIDENCE)
        line = pick(rng, lines)
        line["basis"] = f"{rng.getrandbits(256):064x}"
        tree.write_rows(lines, EVIDENCE)
        return line["address"]

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Let it, and forge the hash of the file."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


KINDS: tuple[type[Kind], ...] = (
    RowTwice,
    RowRemoved,
    ArrayRemoved,
    RowInvented,
    ShiftedColumn,
    LedgerTruncated,
    ParquetAltered,
    RungRaised,
    EvidenceForged,
    EvidenceStale,
)
