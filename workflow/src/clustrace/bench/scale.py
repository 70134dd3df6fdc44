"""Section scale: how long the plan of many jobs takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clustrace.bench.copies import workflow_copy
from clustrace.bench.elapsed import Elapsed, elapsed, goal_of
from clustrace.bench.processes import run_python
from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.synthetic import write_synthetic
from clustrace.errors import ClustraceError

_REPEATS = 2
_SECONDS, _MIB = 20.0, 1024.0
_COMPLETE = {"protocol": "paper", "papers": "all", "seeds": "10"}
_TRIAL = {"protocol": "smoke", "papers": "demonstration"}
_TOTAL = re.compile(r"^total +(\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class DryRun:
    """One ``snakemake -n``.

    Attributes:
        jobs: jobs that it planned.
        elapsed: how long it took.
        peak: largest resident memory, in MiB.
    """

    jobs: int
    elapsed: Elapsed
    peak: float


def measure(setting: Setting) -> Findings:
    """Plan all papers, and a synthetic configuration of 5,000 jobs.

    Raises:
        ClustraceError: a plan failed.
    """
    repeats = setting.repeats(_REPEATS)
    with workflow_copy(setting.experiment.root) as folder:
        complete = _TRIAL if setting.quick else _COMPLETE
        turns = {"all papers, 10 seeds": [dry_run(folder, complete) for _ in range(repeats)]}
        if not setting.quick:
            synthetic = write_synthetic(folder)
            turns["synthetic papers"] = [dry_run(folder, synthetic) for _ in range(repeats)]
    return findings(turns)


def dry_run(folder: Path, given: Mapping[str, str | int]) -> DryRun:
    """Plan the workflow in a folder.

    Raises:
        ClustraceError: it failed.
    """
    config = [f"{key}={value}" for key, value in given.items()]
    command = ("-m", "clustrace.bench.plan_child", "--config", *config)
    printed: list[str] = []
    took = elapsed(lambda: printed.append(run_python(*command, folder=folder)))
    return read_dry_run(printed[0], took)


def read_dry_run(printed: str, took: Elapsed) -> DryRun:
    """What a dry run printed.

    Raises:
        ClustraceError: it names no number of jobs.
    """
    found = _TOTAL.search(printed)
    if found is None:
        raise ClustraceError(
            "`snakemake -n` printed no table of jobs; run it by hand to see what it says."
        )
    return DryRun(int(found[1]), took, float(printed.splitlines()[-1]))


def findings(turns: Mapping[str, Sequence[DryRun]]) -> Findings:
    """Time and memory of plans beside their goals; repeats by the name of the plan."""
    rows: list[dict[str, Value]] = [
        {
            "plan": plan,
            "jobs": runs[0].jobs,
            "seconds": Spread.of([run.elapsed.seconds for run in runs]),
            "processor": Spread.of([run.elapsed.processor for run in runs]),
            "peak": Spread.of([run.peak for run in runs]),
        }
        for plan, runs in turns.items()
    ]
    columns = (
        Column(key="plan", title="plan"),
        Column(key="jobs", title="jobs", decimals=0),
        Column(key="seconds", title="time", unit="s", decimals=1),
        Column(key="processor", title="processor time", unit="s", decimals=1),
        Column(key="peak", title="peak of memory", unit="MiB", decimals=0),
    )
    return Findings(
        tables=(Table(title="Dry runs", columns=columns, rows=tuple(rows)),),
        goals=tuple(goal for plan, runs in turns.items() for goal in _goals(plan, runs)),
        notes=(
            "`snakemake -n` of a whole plan under protocol paper, in a folder without data and "
            "results. The synthetic papers are 10, each with 5 methods of its own on 5 data sets.",
        ),
    )


def _goals(plan: str, runs: Sequence[DryRun]) -> tuple[Goal, Goal]:
    about = f"a dry run of {runs[0].jobs:,} jobs ({plan})"
    peak = max(run.peak for run in runs)
    return (
        goal_of(f"{about.capitalize()} takes under", [run.elapsed for run in runs], _SECONDS),
        Goal(
            text=f"{about.capitalize()} stays below 1 GiB of memory",
            verdict="met" if peak < _MIB else "missed",
            detail=f"{peak:.0f} MiB.",
        ),
    )
