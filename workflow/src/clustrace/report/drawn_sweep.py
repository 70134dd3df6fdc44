"""The lines of a sweep, from the cells of its table."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from clustrace.config.drawn import sweep_dataset, sweep_rows
from clustrace.config.figures import Sweep, SweepLine
from clustrace.config.papers import Metric, Paper
from clustrace.config.plan import Plan
from clustrace.provenance.ledger import LedgerRow, address
from clustrace.report.part import Part
from clustrace.report.sweep import SweptLine

SweepPart = Part[SweptLine]


def drawn_sweep(
    plan: Plan, paper: Paper, figure: Sweep, cells: Mapping[str, LedgerRow]
) -> list[SweepPart]:
    """Cells of each line against the value of its hyper-parameter, one part for each metric.

    Args:
        plan: What is to be run.
        paper: The paper.
        figure: One of its figures.
        cells: Ledger rows by address.
    """
    return [
        _part(plan, paper, figure, line, metric, cells)
        for line in figure.lines
        for metric in paper.table(figure.table).metrics
    ]


def _part(
    plan: Plan,
    paper: Paper,
    figure: Sweep,
    line: SweepLine,
    metric: Metric,
    cells: Mapping[str, LedgerRow],
) -> SweepPart:
    dataset = sweep_dataset(paper, figure)
    points: list[tuple[float, LedgerRow]] = []
    missing: dict[str, list[str]] = {}
    for row in sweep_rows(paper, figure)[line.slug]:
        place = address(paper.slug, figure.table, row.slug, figure.column, metric.slug)
        cell = cells[place]
        if cell.value is None or row.method is None:
            missing.setdefault(cell.reason, []).append(row.slug)
        else:
            value = plan.experiment.argument(row.method, dataset, line.parameter)
            points.append((float(value), cell))  # type: ignore[arg-type]
    points.sort(key=lambda point: point[0])
    found = [cell for _, cell in points]
    content = {
        "parameter": np.array([value for value, _ in points], dtype=np.float64),
        "mean": np.array([cell.value for cell in found], dtype=np.float64),
        "deviation": np.array(
            [math.nan if cell.std is None else cell.std for cell in found], dtype=np.float64
        ),
    }
    reasons = "; ".join(f"{', '.join(slugs)}: {why}" for why, slugs in missing.items())
    alike = not metric.lower_is_better
    name = metric.printed if alike else metric.heading.replace("%", "fraction")
    shown = SweptLine(line.printed, name, **content, shares_axis=alike)
    seeds = sorted({int(seed) for cell in found for seed in cell.seeds.split()})
    return Part(
        line.slug,
        figure.column,
        metric.slug,
        shown,
        content if points else {},
        tuple(dict.fromkeys(run for cell in found for run in cell.runs.split())),
        tuple(seeds) if points else (),
        "cells of the table",
        reason=reasons,
        in_picture=f"{line.printed}: {len(points)} of {len(line.rows)} values computed"
        if missing
        else "",
    )
