"""Frauds in rankings, comparisons and claims."""

from __future__ import annotations

import random

from tests.mutants.kind import Caught, Kind
from tests.mutants.kinds_cells import LedgerKind
from tests.mutants.tree import Row, Tree, pick


def _of_kind(rows: list[Row], kind: str) -> list[Row]:
    return [row for row in rows if row["kind"] == kind and row["value"]]


class TauAltered(LedgerKind):
    name = "tau-altered"
    artefact = "ranking"
    consistent_caught = Caught("CELL-008")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, _of_kind(rows, "kendall-tau"))
        other = 1.0 if float(row["value"]) < 0.99 else 0.6
        row["value"], row["printed"] = repr(other), f"{other:.2f}"
        return row["address"]


class TauOfFewer(LedgerKind):
    """The method that spoils the ranking is left out of it."""

    name = "tau-over-fewer-methods"
    artefact = "ranking"
    consistent_caught = Caught("CELL-008")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, _of_kind(rows, "kendall-tau"))
        left_out = pick(rng, row["runs"].split()).rpartition("/")[0]
        row["runs"] = " ".join(run for run in row["runs"].split() if not run.startswith(left_out))
        row["n"] = str(int(row["n"]) - 1)
        return f"{row['address']} without {left_out}"


class ComparisonAltered(LedgerKind):
    """The lead of one method over another, with its sign turned."""

    name = "comparison-turned"
    artefact = "claim"
    consistent_caught = Caught("CELL-008")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [r for r in _of_kind(rows, "comparison") if float(r["value"])])
        row["value"] = repr(-float(row["value"]))
        sign, rest = row["printed"][0], row["printed"][1:]
        if sign in "+-":
            row["printed"] = {"+": "-", "-": "+"}[sign] + rest
        return row["address"]


class SignificanceAltered(LedgerKind):
    """A p value below the level of the test."""

    name = "comparison-p-value-lowered"
    artefact = "claim"
    consistent_caught = Caught("CELL-008")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        candidates = [row for row in _of_kind(rows, "comparison") if row["p_value"]]
        row = pick(rng, [r for r in candidates if float(r["p_value"]) > 0.001])
        row["p_value"] = repr(float(row["p_value"]) * rng.uniform(0.001, 0.5))
        return row["address"]


class CapHidden(LedgerKind):
    """A comparison of gradient steps that hides which trainings were cut off."""

    name = "comparison-cap-hidden"
    artefact = "claim"
    consistent_caught = Caught("CELL-008")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in rows if row["capped"]])
        row["capped"], row["reason"] = "", ""
        return row["address"]


class ClaimAltered(LedgerKind):
    """What became of a claim."""

    name = "claim-verdict-altered"
    artefact = "claim"
    consistent_caught = Caught("CELL-008")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in rows if row["kind"] == "claim"])
        row["verdict"] = pick(rng, [v for v in ("holds", "fails") if v != row["verdict"]])
        return row["address"]


class ClaimCounted(LedgerKind):
    """More comparisons count for a claim than are positive."""

    name = "claim-count-raised"
    artefact = "claim"
    consistent_caught = Caught("CELL-008")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [r for r in _of_kind(rows, "claim") if int(r["n"])])
        positive, count = int(row["printed"].split()[0]), int(row["n"])
        other = positive + 1 if positive < count else positive - 1
        row["printed"], row["value"] = f"{other} of {count}", repr(other / count)
        return row["address"]


KINDS: tuple[type[Kind], ...] = (
    TauAltered,
    TauOfFewer,
    ComparisonAltered,
    SignificanceAltered,
    CapHidden,
    ClaimAltered,
    ClaimCounted,
)
