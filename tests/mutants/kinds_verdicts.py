"""Frauds in what is compared: published numbers, verdicts, rows and columns of a ledger."""

from __future__ import annotations

import random

from tests.mutants.kind import Caught, Kind
from tests.mutants.kinds_cells import LedgerKind
from tests.mutants.settle import (
    judged_cells,
    rejudge,
    rerank,
    settle,
    value_cells,
)
from tests.mutants.tree import Row, Tree, pick


class PublishedMoved(LedgerKind):
    """The published number moves to where ours is."""

    name = "ledger-published-moved"
    consistent_caught = Caught("CELL-005")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, judged_cells(rows))
        number = round(100 * float(row["value"]) + rng.uniform(0.05, 0.4), 2)
        row["published"], row["published_printed"] = repr(number), f"{number:.2f}"
        settle(row)
        rerank(rows)
        return row["address"]


class PlaceAltered(LedgerKind):
    """The place where the paper prints a number is another."""

    name = "ledger-place-altered"
    consistent_caught = Caught("CELL-005")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, judged_cells(rows))
        row["place"] = f"Table {rng.randrange(4, 20)}"
        return row["address"]


class DifferenceAltered(LedgerKind):
    name = "ledger-difference-altered"
    consistent_caught = Caught("CELL-006")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, judged_cells(rows))
        row["difference"] = repr(float(row["difference"]) * 0.3 + 0.00001)
        rejudge(row)
        return row["address"]


class ToleranceWidened(LedgerKind):
    """A tolerance, with a derivation that ends in it, within which everything agrees."""

    name = "ledger-tolerance-widened"
    consistent_caught = Caught("CELL-006")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, judged_cells(rows))
        wide = round(rng.uniform(0.041, 0.0499), 6)
        if wide == round(float(row["tolerance"]), 6):
            wide /= 2
        beginning = row["tolerance_from"].rpartition("= ")[0]
        row["tolerance"], row["tolerance_from"] = repr(wide), f"{beginning}= {wide:.6g}"
        rejudge(row)
        return row["address"]


class VerdictAltered(LedgerKind):
    name = "ledger-verdict-altered"
    consistent_caught = Caught("CELL-007")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in judged_cells(rows) if row["verdict"] != "reproduced"])
        row["verdict"] = "reproduced"
        return row["address"]


class VerdictWithdrawn(LedgerKind):
    """A verdict that displeases is not passed, for a reason that does not hold."""

    name = "ledger-verdict-withdrawn"
    consistent_caught = Caught("CELL-007")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, judged_cells(rows))
        row["verdict"] = row["tolerance"] = row["tolerance_from"] = ""
        row["reason"] = "too few seeds for a verdict (2 of at least 3)"
        return row["address"]


def _exchange(first: Row, second: Row) -> str:
    """Exchange what two cells are, and leave where they stand."""
    for name in ("value", "std", "n", "seeds", "runs", "evidence"):
        first[name], second[name] = second[name], first[name]
    for row in (first, second):
        settle(row)
    return f"{first['address']} and {second['address']}"


def _partner(rows: list[Row], row: Row, part: str, slug: str) -> Row:
    parts = ("table", "row", "column", "metric")
    wanted = {name: row[name] for name in parts} | {part: slug}
    return next(r for r in value_cells(rows) if all(r[p] == wanted[p] for p in parts))


class RowsSwapped(LedgerKind):
    """The numbers of two methods, with their runs, exchanged."""

    name = "ledger-rows-swapped"
    consistent_caught = Caught("CELL-009")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        others = [r.slug for r in tree.paper.tables[0].rows if r.slug != row["row"]]
        place = _exchange(row, _partner(rows, row, "row", pick(rng, others)))
        rerank(rows)
        return place


class ColumnsSwapped(LedgerKind):
    """The numbers of two data sets, with their runs, exchanged."""

    name = "ledger-columns-swapped"
    consistent_caught = Caught("CELL-009")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        other = next(c.slug for c in tree.paper.tables[0].columns if c.slug != row["column"])
        place = _exchange(row, _partner(rows, row, "column", other))
        rerank(rows)
        return place


class MetricsSwapped(LedgerKind):
    """NMI is printed as ACC, and ACC as NMI."""

    name = "ledger-metrics-swapped"
    consistent_caught = Caught("CELL-003")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [r for r in value_cells(rows) if r["metric"] == "acc"])
        place = _exchange(row, _partner(rows, row, "metric", "nmi"))
        rerank(rows)
        return place


KINDS: tuple[type[Kind], ...] = (
    PublishedMoved,
    PlaceAltered,
    DifferenceAltered,
    ToleranceWidened,
    VerdictAltered,
    VerdictWithdrawn,
    RowsSwapped,
    ColumnsSwapped,
    MetricsSwapped,
)
