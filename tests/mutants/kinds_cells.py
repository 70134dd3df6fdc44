"""Frauds and accidents in the numbers of ledger cells; tables are printed from them.

Where a field was forged, those that follow from it inside the row were made to fit as well, in
both forms; the naive form stops at the ledger.
"""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from statistics import median

from tests.mutants.kind import Caught, Edit, Kind
from tests.mutants.settle import (
    aggregate,
    changed_ledger,
    member_values,
    rerank,
    settle,
    value_cells,
)
from tests.mutants.tree import Row, Tree, pick


class LedgerKind(Edit):
    """A ledger that was altered."""

    artefact = "ledger"

    @staticmethod
    @abstractmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        """Alter rows; returns the place."""

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Alter the ledger."""
        return changed_ledger(tree, rng, self.change)


class ValueRaised(LedgerKind):
    name = "ledger-value-raised"
    consistent_caught = Caught("CELL-003")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        row["value"] = repr(float(row["value"]) + rng.uniform(0.0001, 0.03))
        settle(row)
        rerank(rows)
        return row["address"]


class RoundedUp(LedgerKind):
    """The last printed digit is one more than the raw value gives."""

    name = "ledger-rounded-up"
    consistent_caught = Caught("CELL-004")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        mean, _, spread = row["printed"].partition(" ± ")
        row["printed"] = f"{float(mean) + 0.01:.2f} ± {spread}"
        return row["address"]


class DecimalsHidden(LedgerKind):
    """Printed with fewer decimals than declared, which hides a difference."""

    name = "ledger-fewer-decimals"
    consistent_caught = Caught("CELL-004")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        mean, _, spread = row["printed"].partition(" ± ")
        row["printed"] = f"{float(mean):.0f} ± {float(spread):.0f}"
        row["rounding"] = "percent, 0 decimals, half to even"
        return row["address"]


def _best(values: dict[int, float]) -> int:
    return max(values, key=lambda seed: values[seed])


def _spreading(tree: Tree, rows: list[Row]) -> list[Row]:
    """Cells whose seeds do not all have the same value."""
    return [row for row in value_cells(rows) if len(set(member_values(tree, row).values())) > 1]


class MaximumForMean(LedgerKind):
    name = "ledger-maximum-for-mean"
    consistent_caught = Caught("CELL-003")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, _spreading(tree, rows))
        row["value"] = repr(max(member_values(tree, row).values()))
        settle(row)
        rerank(rows)
        return row["address"]


class MedianForMean(LedgerKind):
    name = "ledger-median-for-mean"
    consistent_caught = Caught("CELL-003")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, _spreading(tree, rows))
        row["value"] = repr(median(member_values(tree, row).values()))
        settle(row)
        rerank(rows)
        return row["address"]


class WorstSeedDropped(LedgerKind):
    """The mean is over all seeds but the worst, and the row says so."""

    name = "ledger-worst-seed-dropped"
    consistent_caught = Caught("CELL-009")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        values = member_values(tree, row)
        worst = min(values, key=lambda seed: values[seed])
        left = {seed: value for seed, value in values.items() if seed != worst}
        blocks = {run: tree.json(f"{run}/metrics.json")["seeds"] for run in row["runs"].split()}
        row["runs"] = " ".join(r for r, seeds in blocks.items() if {*map(int, seeds)} & set(left))
        aggregate(row, left)
        rerank(rows)
        return row["address"]


class SeedTwice(LedgerKind):
    """The best seed counts twice."""

    name = "ledger-seed-counted-twice"
    consistent_caught = Caught("CELL-003")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        values = member_values(tree, row)
        seeds = sorted([*values, _best(values)])
        # Under numbers of their own while the mean is taken.
        aggregate(row, {place: values[seed] for place, seed in enumerate(seeds)})
        row["seeds"] = " ".join(map(str, seeds))
        rerank(rows)
        return row["address"]


class StdShrunk(LedgerKind):
    name = "ledger-std-shrunk"
    consistent_caught = Caught("CELL-003")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, _spreading(tree, rows))
        row["std"] = repr(float(row["std"]) * rng.uniform(0.1, 0.7))
        settle(row)
        return row["address"]


class CountInflated(LedgerKind):
    """More seeds than were run."""

    name = "ledger-n-inflated"
    consistent_caught = Caught("CELL-003")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        count = rng.randrange(5, 11)
        row["n"], row["seeds"] = str(count), " ".join(map(str, range(count)))
        settle(row)
        return row["address"]


class ForeignRuns(LedgerKind):
    """A cell that names the runs of another method as its members."""

    name = "ledger-foreign-runs"
    consistent_caught = Caught("CELL-009")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        others = [r for r in value_cells(rows) if r["runs"] != row["runs"]]
        row["runs"] = pick(rng, others)["runs"]
        return row["address"]


class CellEmptied(LedgerKind):
    """A number that displeases is said not to have been computed."""

    name = "ledger-cell-emptied"
    consistent_caught = Caught("CELL-009")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        emptied = ("value", "std", "seeds", "runs", "printed", "rounding", "aggregation", "verdict")
        row |= dict.fromkeys(
            (*emptied, "difference", "tolerance", "tolerance_from", "evidence"), ""
        )
        row["n"], row["reason"] = "0", "not computed yet"
        rerank(rows)
        return row["address"]


class NotANumber(LedgerKind):
    """A value that is no number, after a division by zero."""

    name = "ledger-nan"
    consistent_caught = Caught("CELL-013")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, value_cells(rows))
        row["value"] = repr(math.nan)
        row["printed"] = "nan"
        return row["address"]


KINDS: tuple[type[Kind], ...] = (
    ValueRaised,
    RoundedUp,
    DecimalsHidden,
    MaximumForMean,
    MedianForMean,
    WorstSeedDropped,
    SeedTwice,
    StdShrunk,
    CountInflated,
    ForeignRuns,
    CellEmptied,
    NotANumber,
)
