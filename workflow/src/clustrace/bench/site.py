"""Section site: how long the results site takes to build, and what a page of it loads."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clustrace.bench.copies import workflow_copy
from clustrace.bench.elapsed import Elapsed, crowded, elapsed, goal_of
from clustrace.bench.first_view import first_paints
from clustrace.bench.processes import run_clustrace
from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.synthetic import write_synthetic
from clustrace.bench.synthetic_results import SyntheticResults
from clustrace.config.experiment import load_experiment
from clustrace.config.plan import Plan
from clustrace.provenance.ledger import read_ledger
from clustrace.report.site.places import site_folder

_REPEATS, _VIEWS = 2, 5
_SECONDS, _MEGABYTES, _FIRST_SECONDS = 30.0, 1.5, 1.0
#: 4 papers with 19 methods on 4 data sets, two metrics and 10 seeds: 608 cells of 3,040 runs.
_SIZES = {"papers": 4, "methods_each": 19, "seeds": 10}
_TRIAL = {"papers": 1, "methods_each": 2, "seeds": 3}
_DATASETS = ("mnist-full", "mnist-test", "usps", "pendigits")


@dataclass(frozen=True)
class Built:
    """A site that was built from results that nobody computed.

    Attributes:
        cells: cells of its tables.
        runs: runs behind them.
        turns: each time that it was built.
        pages: number of its pages.
        size: all its files, in bytes.
        largest: what the largest page loads before any click, in bytes.
        paints: seconds until it shows something, each time that it was opened, or why nobody saw.
    """

    cells: int
    runs: int
    turns: Sequence[Elapsed]
    pages: int
    size: int
    largest: int
    paints: Sequence[float] | str


def measure(setting: Setting) -> Findings:
    """Build the site of a synthetic ledger.

    Raises:
        ClustraceError: it could not be built.
    """
    sizes = _TRIAL if setting.quick else _SIZES
    # Ledgers name runs by their paths, which are relative in the folder of the project alone.
    with workflow_copy(setting.experiment.root) as folder, contextlib.chdir(folder):
        given = write_synthetic(Path(), datasets=_DATASETS, **sizes)
        plan = Plan(load_experiment(".", given))
        runs = SyntheticResults(plan).write()
        protocol = plan.experiment.protocol.slug
        turns = [
            elapsed(lambda: run_clustrace("site", "--protocol", protocol, folder=folder))
            for _ in range(setting.repeats(_REPEATS))
        ]
        rows = [row for path in plan.ledgers for row in read_ledger(path)]
        site = site_folder(plan.experiment.layout, protocol)
        built = Built(
            cells=sum(row.kind == "cell" for row in rows),
            runs=runs,
            turns=turns,
            pages=sum(1 for _ in site.rglob("*.html")),
            size=sum(path.stat().st_size for path in site.rglob("*") if path.is_file()),
            largest=first_view(site),
            paints=first_paints(largest_page(site), setting.repeats(_VIEWS)),
        )
    return findings(built)


def first_view(site: Path) -> int:
    """Bytes that the largest page of a site loads before any click, its pictures left out."""
    styled = sum(
        path.stat().st_size
        for path in (site / "static").iterdir()
        if path.suffix in (".css", ".js")
    )
    return styled + largest_page(site).stat().st_size


def largest_page(site: Path) -> Path:
    """The page with the most bytes."""
    return max(site.rglob("*.html"), key=lambda path: path.stat().st_size)


def findings(built: Built) -> Findings:
    """Time and sizes beside their goals."""
    row: Mapping[str, Value] = {
        "cells": built.cells,
        "runs": built.runs,
        "seconds": Spread.of([turn.seconds for turn in built.turns]),
        "processor": Spread.of([turn.processor for turn in built.turns]),
        "pages": built.pages,
        "size": built.size / 1e6,
        "largest": built.largest / 1e6,
        "paint": None if isinstance(built.paints, str) else Spread.of(built.paints),
    }
    columns = (
        Column(key="cells", title="cells", decimals=0),
        Column(key="runs", title="runs", decimals=0),
        Column(key="seconds", title="time", unit="s", decimals=1),
        Column(key="processor", title="processor time", unit="s", decimals=1),
        Column(key="pages", title="pages", decimals=0),
        Column(key="size", title="all files", unit="MB", decimals=1),
        Column(key="largest", title="largest page", unit="MB", decimals=2),
        Column(key="paint", title="its first view", unit="s", decimals=2),
    )
    about = f"`clustrace site` of {built.cells} cells and {built.runs:,} runs takes under"
    return Findings(
        tables=(Table(title="Building the site", columns=columns, rows=(dict(row),)),),
        goals=(
            goal_of(about, built.turns, _SECONDS),
            Goal(
                text=f"The first view of a page loads less than {_MEGABYTES} MB",
                verdict="met" if built.largest < _MEGABYTES * 1e6 else "missed",
                detail=f"{built.largest / 1e6:.2f} MB.",
            ),
            _view_goal(built.paints),
        ),
        notes=(
            "Label vectors of 10,000 samples drawn at random, scores and records without any "
            "training behind them. The largest page is counted with its styles and scripts, and "
            "without figures, which come into view further down.",
        ),
    )


def _view_goal(paints: Sequence[float] | str) -> Goal:
    """Whether a page shows something in time; of a page that nobody opened nothing is shown."""
    text = f"The first view of a page takes under {_FIRST_SECONDS:g} s"
    if isinstance(paints, str):
        return Goal(text=text, verdict="not shown", detail=f"Not measured: {paints}.")
    seconds = Spread.of(paints).median
    late = "not shown" if crowded() else "missed"
    return Goal(
        text=text,
        verdict="met" if seconds < _FIRST_SECONDS else late,
        detail=f"{seconds:.2f} s in Chromium, from disk.",
    )
