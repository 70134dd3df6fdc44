"""Frauds and accidents in printed tables. The ledger stays honest."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from clustrace.config.papers import Deviations
from clustrace.config.plan import Plan
from clustrace.report.results import write_paper_table
from tests.mutants.base import PAPER
from tests.mutants.forge import print_tables, reseal
from tests.mutants.kind import Caught, Kind
from tests.mutants.places import FOLDER, LEDGER
from tests.mutants.settle import Change, changed_ledger, value_cells
from tests.mutants.tree import FORMS, Row, Tree, pick

_TABLE = f"{FOLDER}/tables/{PAPER}/table1"
_NUMBER = re.compile(r"\d+\.\d\d")


class TableKind(Kind):
    """Tables that do not show what the ledger says.

    The naive form edits one file; the consistent one prints all forms of all tables from another
    ledger than the one that is left in place.
    """

    artefact = "table"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("CELL-001")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Alter a number in one form of the table."""
        path = f"{_TABLE}.{pick(rng, FORMS)}"
        text = tree.text(path)
        found = pick(rng, list(_NUMBER.finditer(text)))
        other = f"{float(found[0]) + 1 + rng.random():.2f}"
        tree.write(path, text[: found.start()] + other + text[found.end() :])
        return f"{path}: {found[0]} to {other}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Print everything from an altered ledger, and keep the true one."""
        place = changed_ledger(tree, rng, self.change)
        print_tables(tree)
        tree.write(LEDGER, tree.original(LEDGER))
        reseal(tree)
        return place

    #: What the altered ledger says.
    change: Change


def _raise(tree: Tree, rows: list[Row], rng: random.Random) -> str:
    row = pick(rng, value_cells(rows))
    mean, _, spread = row["printed"].partition(" ± ")
    row["printed"] = f"{float(mean) + 1 + rng.random():.2f} ± {spread}"
    return row["address"]


def _swap(rows: list[Row], first: str, second: str, part: str, names: tuple[str, ...]) -> None:
    """Exchange fields of the cells that differ in one slug alone."""
    cells = {row["address"]: row for row in value_cells(rows)}
    for row in [row for row in cells.values() if row[part] == first]:
        slugs = {**row, part: second}
        place = ".".join(slugs[s] for s in ("paper", "table", "row", "column", "metric"))
        if place in cells:  # else another table, which has no such row or column
            other = cells[place]
            for name in names:
                row[name], other[name] = other[name], row[name]


class CellAltered(TableKind):
    name = "table-cell-altered"
    change = staticmethod(_raise)


class SpreadAltered(TableKind):
    name = "table-spread-shrunk"

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in value_cells(rows) if not row["printed"].endswith(" 0.00")])
        mean, _, _ = row["printed"].partition(" ± ")
        row["printed"] = f"{mean} ± 0.00"
        return row["address"]


class RowsSwapped(TableKind):
    name = "table-rows-swapped"

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        first, second = rng.sample([row.slug for row in tree.paper.tables[0].rows], 2)
        _swap(rows, first, second, "row", ("printed",))
        return f"{first} and {second}"

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Exchange the names of two methods in one form."""
        path = f"{_TABLE}.{pick(rng, FORMS)}"
        first, second = rng.sample([row.printed for row in tree.paper.tables[0].rows], 2)
        marked = tree.text(path).replace(first, "\0").replace(second, first)
        tree.write(path, marked.replace("\0", second))
        return f"{path}: {first} and {second}"


class ColumnsSwapped(TableKind):
    name = "table-columns-swapped"

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        first, second = (column.slug for column in tree.paper.tables[0].columns)
        _swap(rows, first, second, "column", ("printed",))
        return f"{first} and {second}"


class VerdictAltered(TableKind):
    name = "table-verdict-altered"

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in rows if row["verdict"] in ("higher", "lower")])
        row["verdict"] = "reproduced"
        return row["address"]

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Exchange a verdict in the CSV form."""
        path = f"{_TABLE}.csv"
        rows = tree.rows(path)
        row = pick(rng, [row for row in rows if row["verdict"] in ("higher", "lower")])
        row["verdict"] = "reproduced"
        tree.write_rows(rows, path)
        return f"{path}: {row['address']}"


class PublishedAltered(TableKind):
    name = "table-published-altered"

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in value_cells(rows) if row["published"]])
        row["published_printed"] = f"{100 * float(row['value']):.2f}"
        return row["address"]


class ClaimAltered(TableKind):
    name = "table-claim-altered"
    consistent_caught = Caught("CELL-015")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in rows if row["kind"] == "claim"])
        row["verdict"] = "holds" if row["verdict"] != "holds" else "fails"
        row["printed"] = f"{row['n']} of {row['n']}"
        return row["address"]

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Exchange what became of a claim in one form."""
        path = f"{FOLDER}/tables/{PAPER}/claims.{pick(rng, FORMS)}"
        text = tree.text(path)
        found = pick(rng, list(re.finditer(r"\d+ of \d+", text)))
        tree.write(path, text[: found.start()] + "9 of 9" + text[found.end() :])
        return path


class StampRemoved(TableKind):
    """The sentence which says that these are not results is taken out of all forms."""

    name = "table-stamp-removed"
    consistent_caught = Caught("CELL-014")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Take it out of one form."""
        return self._remove(tree, f"{_TABLE}.{pick(rng, FORMS)}")

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Take it out of all forms."""
        for form in FORMS:
            self._remove(tree, f"{_TABLE}.{form}")
        reseal(tree)
        return f"{_TABLE}.*"

    def _remove(self, tree: Tree, path: str) -> str:
        stamp = tree.experiment.protocol.stamp
        text = tree.text(path)
        assert stamp in text
        tree.write(path, text.replace(stamp, ""))
        return path


class TableTruncated(TableKind):
    """A file that was written half, by a full disk."""

    name = "table-half-written"

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Cut a file off."""
        path = f"{_TABLE}.{pick(rng, FORMS)}"
        content = tree.bytes(path)
        tree.write(path, content[: rng.randrange(len(content) // 4, len(content) // 2)])
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Cut a file off, and forge its hash."""
        path = self.naive(tree, rng)
        reseal(tree)
        return path


class ShiftedColumn(TableKind):
    """A field that is lost, so that all that follow stand one column too far left."""

    name = "table-csv-shifted"

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Lose one field of a line."""
        path = f"{_TABLE}.csv"
        lines = tree.text(path).splitlines(keepends=True)
        number = rng.randrange(1, len(lines) - 4)
        name, _, rest = lines[number].partition(",")
        lines[number] = f"{name},{rest.partition(',')[2]}"
        tree.write(path, "".join(lines))
        return f"{path}, line {number + 1}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Lose it, and forge the hash."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class DeviationHidden(TableKind):
    """A declared deviation that the tables do not tell."""

    name = "deviation-hidden"
    artefact = "deviation"
    consistent_caught = Caught("CELL-012")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Take its name out of one form."""
        path = f"{_TABLE}.{pick(rng, FORMS)}"
        slug = pick(rng, tree.experiment.deviations[PAPER].deviations).slug
        text = tree.text(path)
        assert slug in text
        tree.write(path, text.replace(slug, ""))
        return f"{path}: {slug}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Print all tables as if it had not been declared."""
        experiment = tree.experiment
        declared = experiment.deviations[PAPER].deviations
        hidden = pick(rng, declared)
        told = Deviations(deviations=[each for each in declared if each is not hidden])
        silent = replace(experiment, deviations={**experiment.deviations, PAPER: told})
        for table in tree.paper.tables:
            write_paper_table(Plan(silent), tree.paper, table)
        reseal(tree)
        return hidden.slug


KINDS: tuple[type[Kind], ...] = (
    CellAltered,
    SpreadAltered,
    RowsSwapped,
    ColumnsSwapped,
    VerdictAltered,
    PublishedAltered,
    ClaimAltered,
    StampRemoved,
    TableTruncated,
    ShiftedColumn,
    DeviationHidden,
)
