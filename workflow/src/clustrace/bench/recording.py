"""Section recording: what records and scheduling add to a short run."""

from __future__ import annotations

from collections.abc import Sequence

from clustrace.bench.quick_run import QuickRun, run, told
from clustrace.bench.results import Column, Findings, Goal, Spread, Table, Value
from clustrace.bench.setting import Setting

# One run of a whole paper, which takes ten minutes; what differs between runs is seen between jobs.
_REPEATS = 1
_RUN = {"protocol": "quick", "papers": "dcec"}
_TRIAL = {"protocol": "smoke", "papers": "demonstration", "methods": "kmeans"}
_RECORDING_PERCENT, _SCHEDULING_PERCENT = 2.0, 10.0


def measure(setting: Setting) -> Findings:
    """Run a part of the workflow and sum up what its records tell.

    Raises:
        ClustraceError: the run failed, or a job had no result.
    """
    given = _TRIAL if setting.quick else _RUN
    root = setting.experiment.root.absolute()
    runs = [run(root, given) for _ in range(setting.repeats(_REPEATS))]
    return Findings(
        tables=(_shares(runs), _rules(runs)),
        goals=(_recording(runs), _scheduling(runs)),
        notes=(
            f"A whole run of {told(given)} on one "
            "core, from raw data on disk to tables; each job tells in its record how long it "
            "worked and how long it recorded (hashes, environment, state of generators, code and "
            "git), and the writing of that file is timed afterwards. Scheduling is the rest: "
            "Snakemake's start, its plan, and starting and ending each job.",
        ),
    )


def recording_percent(one: QuickRun) -> float:
    """What recording adds to the work of all jobs."""
    return 100 * one.recording / one.work


def scheduling_percent(one: QuickRun) -> float:
    """What scheduling is of the whole run."""
    return 100 * one.rest / one.seconds


def _recording(runs: Sequence[QuickRun]) -> Goal:
    reached = Spread.of([recording_percent(one) for one in runs]).median
    return Goal(
        text=f"Recording adds under {_RECORDING_PERCENT:g} % to a quick run",
        verdict="met" if reached < _RECORDING_PERCENT else "missed",
        detail=f"{reached:.2f} % of the work of its jobs.",
    )


def _scheduling(runs: Sequence[QuickRun]) -> Goal:
    reached = Spread.of([scheduling_percent(one) for one in runs]).median
    each = Spread.of([one.rest / len(one.jobs) for one in runs]).median
    return Goal(
        text=f"Scheduling takes under {_SCHEDULING_PERCENT:g} % of a quick run",
        verdict="met" if reached < _SCHEDULING_PERCENT else "missed",
        detail=f"{reached:.1f} %; {each:.2f} s for each of {len(runs[0].jobs)} jobs, locally.",
    )


def _shares(runs: Sequence[QuickRun]) -> Table:
    parts = {
        "work": [one.work for one in runs],
        "recording": [one.recording for one in runs],
        "scheduling": [one.rest for one in runs],
        "whole run": [one.seconds for one in runs],
    }
    rows: list[dict[str, Value]] = [
        {
            "part": part,
            "seconds": Spread.of(seconds),
            "share": Spread.of(
                [100 * s / one.seconds for s, one in zip(seconds, runs, strict=True)]
            ),
            "job": Spread.of([s / len(one.jobs) for s, one in zip(seconds, runs, strict=True)]),
        }
        for part, seconds in parts.items()
    ]
    return Table(
        title=f"A quick run of {len(runs[0].jobs)} jobs",
        columns=(
            Column(key="part", title="part"),
            Column(key="seconds", title="time", unit="s", decimals=2),
            Column(key="share", title="share of the run", unit="%", decimals=2),
            Column(key="job", title="for each job", unit="s", decimals=3),
        ),
        rows=tuple(rows),
    )


def _rules(runs: Sequence[QuickRun]) -> Table:
    jobs = runs[-1].jobs
    rows: list[dict[str, Value]] = []
    for rule in dict.fromkeys(job.rule for job in jobs):
        own = [job for job in jobs if job.rule == rule]
        rows.append(
            {
                "rule": rule,
                "jobs": len(own),
                "work": Spread.of([job.work for job in own]),
                "recording": Spread.of([job.recording for job in own]),
            }
        )
    return Table(
        title="Its jobs by rule",
        columns=(
            Column(key="rule", title="rule"),
            Column(key="jobs", title="jobs", decimals=0),
            Column(key="work", title="work of a job", unit="s", decimals=3),
            Column(key="recording", title="recording of a job", unit="s", decimals=3),
        ),
        rows=tuple(rows),
    )
