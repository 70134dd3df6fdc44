"""Section newcomer: how long the first commands of the README take, and what of it is no work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clustrace.bench.elapsed import crowded
from clustrace.bench.quick_run import QuickRun, run
from clustrace.bench.results import Column, Findings, Goal, Table, Value
from clustrace.bench.setting import Setting
from clustrace.provenance.environment import describe_processor

_CORES = 2
_REST_PERCENT = 15.0


@dataclass(frozen=True)
class First:
    """A command of the README.

    Attributes:
        command: as a user types it.
        given: its values for ``--config``.
        minutes: what it may take.
    """

    command: str
    given: dict[str, str]
    minutes: float


_COMMANDS = (
    First("make results PAPERS=dcec", {"protocol": "quick", "papers": "dcec"}, 6),
    First("make results", {"protocol": "quick"}, 30),
)
_TRIAL = (
    First(
        "make results PAPERS=demonstration PROTOCOL=smoke METHODS=kmeans",
        {"protocol": "smoke", "papers": "demonstration", "methods": "kmeans"},
        6,
    ),
)


def measure(setting: Setting) -> Findings:
    """Run what the README begins with, each command in a copy of its own.

    Raises:
        ClustraceError: a run failed.
    """
    root = setting.experiment.root.absolute()
    cores = min(_CORES, describe_processor().usable_cores)
    commands = _TRIAL if setting.quick else _COMMANDS
    return findings([(one, run(root, one.given, cores=cores, whole=False)) for one in commands])


def rest_percent(one: QuickRun) -> float:
    """Share of the cores' time in which no job worked or recorded."""
    return 100 * one.rest / (one.seconds * one.cores)


def findings(runs: Sequence[tuple[First, QuickRun]]) -> Findings:
    """Times beside their goals."""
    rows: list[dict[str, Value]] = [
        {
            "command": f"`{first.command}`",
            "cores": one.cores,
            "jobs": len(one.jobs),
            "without": one.without,
            "minutes": one.seconds / 60,
            "work": one.work / 60,
            "recording": one.recording / 60,
            "rest": rest_percent(one),
        }
        for first, one in runs
    ]
    columns = (
        Column(key="command", title="command"),
        Column(key="cores", title="cores", decimals=0),
        Column(key="jobs", title="jobs", decimals=0),
        Column(key="without", title="without a result", decimals=0),
        Column(key="minutes", title="whole run", unit="min", decimals=1),
        Column(key="work", title="work of the jobs", unit="core min", decimals=1),
        Column(key="recording", title="recording", unit="core min", decimals=2),
        Column(key="rest", title="the rest of the cores' time", unit="%", decimals=1),
    )
    return Findings(
        tables=(Table(title="The README's commands", columns=columns, rows=tuple(rows)),),
        goals=tuple(goal for first, one in runs for goal in _goals(first, one)),
        notes=(
            "From raw data on disk to tables, figures and site, each in a copy without results. "
            "The rest is Snakemake, starting and ending processes, imports of Python and torch, "
            "and cores without a job; jobs without a result are those whose data are out of reach.",
        ),
    )


def _goals(first: First, one: QuickRun) -> tuple[Goal, Goal]:
    minutes, share = one.seconds / 60, rest_percent(one)
    waited = crowded()
    return (
        Goal(
            text=f"`{first.command}` takes under {first.minutes:g} min on {one.cores} cores",
            verdict="met" if minutes < first.minutes else "not shown" if waited else "missed",
            detail=f"{minutes:.1f} min for {len(one.jobs):,} jobs.",
        ),
        Goal(
            text=f"All but the work of its jobs takes under {_REST_PERCENT:g} % of the time",
            verdict="met" if share < _REST_PERCENT else "missed",
            detail=f"{share:.1f} % of the time of {one.cores} cores.",
        ),
    )
