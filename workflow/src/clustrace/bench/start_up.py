"""Section start-up: what a process costs before it does anything."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from clustrace.bench.processes import seconds_of_python
from clustrace.bench.results import Column, Findings, Spread, Table, Value
from clustrace.bench.setting import Setting
from clustrace.bench.timing import in_turn
from clustrace.stages.job import Job

_REPEATS, _WORKFLOW_REPEATS = 3, 2
_JOBS = 2

_STARTS = {
    "Python alone": ("-c", "pass"),
    "import torch": ("-c", "import torch"),
    "a training stage": ("-c", "import clustrace.stages.finetune"),
    "clustrace --help": (
        "-c",
        "import sys; from clustrace.cli.main import main; sys.argv[1:] = ['--help']; main()",
    ),
}

_SNAKEFILE = """\
from clustrace.stages import preloaded

config["protocol"] = "bench"

rule all:
    input: expand("{{n}}.done", n=range({jobs}))

rule nothing:
    output: done="{{n}}.done", record="{{n}}.json"
    log: "{{n}}.log"
    params: settings={{}}, code_roots=["clustrace.stages.finetune"]
    script: "job.py"

onstart:
    {onstart}
"""
_SCRIPT = """\
from clustrace.stages.launch import launch
launch(snakemake, "clustrace.bench.start_up:nothing")
"""
#: What a workflow does at its start, for jobs in processes of their own and for forked ones.
OWN, FORKED = "pass", "preloaded.start()"


def measure(setting: Setting) -> Findings:
    """Time processes that do nothing.

    Raises:
        ClustraceError: one of them failed.
    """
    for command in _STARTS.values():
        seconds_of_python(*command)
    starts = in_turn(
        {name: partial(seconds_of_python, *command) for name, command in _STARTS.items()},
        repeats=setting.repeats(_REPEATS),
    )
    turns = in_turn(
        {
            "none": partial(workflow_seconds, 0, OWN),
            "own": partial(workflow_seconds, _JOBS, OWN),
            "first": partial(workflow_seconds, 1, FORKED),
            "more": partial(workflow_seconds, 1 + _JOBS, FORKED),
        },
        repeats=setting.repeats(_WORKFLOW_REPEATS),
    )
    measured = {
        **starts,
        "Snakemake without a job": turns["none"],
        "a job in its own process": _each(turns["own"], turns["none"]),
        "a forked job": _each(turns["more"], turns["first"]),
    }
    rows: list[dict[str, Value]] = [
        {"what": what, "seconds": Spread.of(seconds)} for what, seconds in measured.items()
    ]
    return Findings(
        tables=(
            Table(
                title="Start of a process",
                columns=(
                    Column(key="what", title="what"),
                    Column(key="seconds", title="time", unit="s", decimals=2),
                ),
                rows=tuple(rows),
            ),
        ),
        notes=(
            "Files are in the page cache. Jobs run under Snakemake on one core, do nothing and "
            "write their record, as jobs of every rule do; their time is what a workflow takes "
            f"longer for {_JOBS} more of them. The process that forked jobs come from imports at "
            "the first one, which is not counted.",
        ),
    )


def nothing(job: Job) -> None:
    """Stage of a job that does nothing."""
    job.output["done"].touch()
    job.recorder.note(determinism="bit-equal")


def workflow_seconds(jobs: int, onstart: str) -> float:
    """Seconds of a Snakemake call in an empty folder that runs some jobs doing nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = _SNAKEFILE.format(jobs=jobs, onstart=onstart)
        (folder / "Snakefile").write_text(text, encoding="utf-8")
        (folder / "job.py").write_text(_SCRIPT, encoding="utf-8")
        call = ("-m", "snakemake", "--cores", "1", "--quiet")
        return seconds_of_python(*call, folder=folder)


def _each(longer: Sequence[float], shorter: Sequence[float]) -> list[float]:
    """Seconds of one of the jobs by which the workflows of a turn differ."""
    return [(many - few) / _JOBS for many, few in zip(longer, shorter, strict=True)]
