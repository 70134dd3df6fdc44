"""Checks on what a record states of its job besides files, parameters and seeds."""

from __future__ import annotations

from collections.abc import Iterator

from clustrace.audit.case import Case
from clustrace.audit.model import Check, Level, Observation, failed, passed
from clustrace.audit.records import Job
from clustrace.audit.tree import TreeError

_ARTEFACTS = (".safetensors", ".safetensors.gz")
_REPLAY = ("clustrace", "replay", "{record}", "--into", "{folder}", "--from")
#: Rules of this workflow whose jobs can be repeated, and those that stored weights suffice for.
_FROM_WEIGHTS = frozenset({"cluster", "partition", "initialise", "finetune", "classify"})
_FROM_START = _FROM_WEIGHTS | {
    *("prepare", "reveal", "neighbours", "truth", "pretrain", "embed", "filters", "activations"),
    "evaluate",
}


class StatementsTrue(Check):
    """RUN-012."""

    id = "RUN-012"
    title = "Records tell the outcome that the files tell, and how to repeat the job"
    level = Level.PREDICTIONS
    why = "A run that is said to have failed is left out; one that cannot be repeated is believed."
    mend = "Restore the record with git, or run the job again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare the outcome of each record with its artefacts, and its commands with its rule."""
        for job in case.jobs:
            faults = list(_other_outcomes(case, job))
            if case.experiment is not None:
                faults += _other_commands(job)
            for found, expected in faults:
                yield failed(job.place, found, expected)
            if not faults:
                yield passed(job.place)


def _other_outcomes(case: Case, job: Job) -> Iterator[tuple[str, str]]:
    said = job.record.outcome.model_dump()
    for _, file in job.outputs:
        if not file.path.endswith(_ARTEFACTS) or case.tree.digest(file.path) != file.sha256:
            continue
        try:
            outcome = case.tree.arrays(file.path).outcome
        except TreeError:
            continue  # RUN-002 and the checks of its content tell of it.
        if {"status": "ok", "reason": "", "origin": "", **outcome} != said:
            yield f"outcome {said['status']}", f"{outcome.get('status')}, as in {file.path}"


def _other_commands(job: Job) -> Iterator[tuple[str, str]]:
    rule, replay = job.record.rule, job.record.replay
    for found, rules, start in (
        (replay.weights, _FROM_WEIGHTS, "weights"),
        (replay.retrain, _FROM_START, "start"),
    ):
        expected = (*_REPLAY, start) if rule in rules else None
        if found != expected:
            yield f"replay by {_shown(found)}", _shown(expected)


def _shown(command: tuple[str, ...] | None) -> str:
    return " ".join(command) if command else "no command"
