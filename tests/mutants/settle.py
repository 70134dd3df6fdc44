"""Ledger rows whose fields fit each other again after one of them was forged."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist, fmean, stdev

from clustrace.evaluate.numbers import Unit, printed, printed_cell
from clustrace.evaluate.verdicts import judge, ranking_agreement
from tests.mutants.places import LEDGER
from tests.mutants.tree import Row, Tree

#: Alters rows of a ledger at a place drawn from the generator; returns the place.
Change = Callable[[Tree, list[Row], random.Random], str]

_UNIT: Unit = "percent"
_DECIMALS = 2


def changed_ledger(tree: Tree, rng: random.Random, change: Change) -> str:
    """Alter the ledger; returns the place."""
    rows = tree.rows(LEDGER)
    place = change(tree, rows, rng)
    tree.write_rows(rows, LEDGER)
    return place


def value_cells(rows: Sequence[Row]) -> list[Row]:
    """Cells that have a score."""
    cells = [row for row in rows if row["kind"] == "cell" and row["value"]]
    return [row for row in cells if row["metric"] not in ("seconds", "ratio")]


def judged_cells(rows: Sequence[Row]) -> list[Row]:
    """Cells with a tolerance and a verdict."""
    return [row for row in value_cells(rows) if row["tolerance"]]


def cell(rows: Sequence[Row], address: str) -> Row:
    """The row of an address."""
    return next(row for row in rows if row["address"] == address)


def member_values(tree: Tree, row: Mapping[str, str]) -> dict[int, float]:
    """Values of a cell's seeds, as its runs' metric files have them."""
    found: dict[int, float] = {}
    for run in row["runs"].split():
        for seed, scores in tree.json(f"{run}/metrics.json")["seeds"].items():
            found.setdefault(int(seed), scores[row["metric"]])
    return dict(sorted(found.items()))


def aggregate(row: Row, values: Mapping[int, float]) -> None:
    """Let a cell be the mean over these seeds, with all that follows inside its row."""
    numbers = list(values.values())
    row["value"] = repr(fmean(numbers))
    row["std"] = repr(stdev(numbers)) if len(numbers) > 1 else ""
    row["n"] = str(len(numbers))
    row["seeds"] = " ".join(map(str, values))
    settle(row)


def settle(row: Row, *, held: str = "") -> None:
    """Make printed text, difference, tolerance and verdict of a cell fit its other fields.

    Args:
        row: a cell with a value.
        held: the field that was forged and stays; those that follow from it are made to fit.
    """
    value, std = float(row["value"]), float(row["std"]) if row["std"] else None
    if held != "printed":
        row["printed"] = printed_cell(value, std, _UNIT, _DECIMALS)
    if not row["published"]:
        return
    values = _spread(value, std, int(row["n"]))
    judged = judge(
        values,
        float(row["published"]),
        unit=_UNIT,
        decimals=_DECIMALS,
        protocol=row["protocol"],
        verdicts=True,
    )
    kept = {held: row[held]} if held else {}
    row["difference"] = repr(judged.difference)
    row["tolerance"] = "" if judged.tolerance is None else repr(judged.tolerance)
    row["tolerance_from"] = judged.tolerance_from
    row["verdict"] = judged.kind or ""
    row["reason"] = judged.reason
    row |= kept


def rejudge(row: Row) -> None:
    """Let the verdict of a cell be that of its difference and tolerance, whatever these are."""
    difference, tolerance = float(row["difference"]), float(row["tolerance"])
    if tolerance > 0.05:
        row["verdict"] = "inconclusive"
    elif abs(difference) <= tolerance:
        row["verdict"] = "reproduced"
    else:
        row["verdict"] = "higher" if difference > 0 else "lower"


def rerank(rows: Sequence[Row]) -> None:
    """Let every Kendall's tau be that of the cells as they are now."""
    for tau in (row for row in rows if row["kind"] == "kendall-tau" and row["value"]):
        place = ("table", "column", "metric")
        ranked = [
            row
            for row in value_cells(rows)
            if row["published"] and all(row[part] == tau[part] for part in place)
        ]
        pairs = [(float(row["published"]), float(row["value"])) for row in ranked]
        agreement = ranking_agreement(*zip(*pairs, strict=True))
        if agreement is not None:
            tau["value"], tau["printed"] = repr(agreement), printed(agreement, "fraction", 2)
            tau["n"] = str(len(pairs))


def _spread(mean: float, std: float | None, n: int) -> list[float]:
    """Numbers with this mean and this standard deviation."""
    if std is None or n < 2:
        return [mean]
    steps = [NormalDist().inv_cdf((index + 0.5) / n) for index in range(n)]
    unit = math.sqrt(sum(step * step for step in steps) / (n - 1))
    return [mean + std * step / unit for step in steps]
