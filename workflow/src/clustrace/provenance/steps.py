"""Jobs that differ only in the member run, as one step of the way to a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clustrace.provenance.explanation import Explanation, JobNode

# Parameters that are fields of a record as well.
_IN_RECORD = ("seeds", "precision")

_Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Step:
    """A rule with the wildcards that are the same in all member runs.

    Attributes:
        rule: name of the rule.
        about: values of these wildcards.
        jobs: job of each member run, in the order of the runs; None for a run without this step.
    """

    rule: str
    about: tuple[str, ...]
    jobs: tuple[JobNode | None, ...]

    @property
    def name(self) -> str:
        """Rule and wildcards, for people."""
        return f"{self.rule} {'/'.join(self.about)}".rstrip()

    @property
    def first(self) -> JobNode:
        """The first of its jobs."""
        return next(job for job in self.jobs if job is not None)

    @property
    def distinct(self) -> tuple[JobNode, ...]:
        """Its jobs, each once."""
        return tuple({job.id: job for job in self.jobs if job is not None}.values())

    @property
    def shared(self) -> bool:
        """True if several member runs rest on the same job."""
        return len(self.jobs) > 1 and len(self.distinct) == 1 and None not in self.jobs


def steps_of(explanation: Explanation) -> tuple[Step, ...]:
    """Steps from the number back to its data."""
    jobs = {job.id: job for job in explanation.jobs}
    place = {name: index for index, name in enumerate(jobs)}
    varying = _varying([jobs[run.jobs[-1]] for run in explanation.runs if run.jobs])
    columns = [
        {_key(jobs[job], varying): jobs[job] for job in run.jobs} for run in explanation.runs
    ]
    latest: dict[_Key, int] = {}
    for column in columns:
        for key, job in column.items():
            latest[key] = max(latest.get(key, 0), place[job.id])
    return tuple(
        Step(key[0], tuple(value for _, value in key[1]), tuple(c.get(key) for c in columns))
        for key in sorted(latest, key=lambda key: latest[key], reverse=True)
    )


def _varying(jobs: Sequence[JobNode]) -> frozenset[str]:
    """Wildcards in which the last jobs of the member runs differ."""
    names = {name for job in jobs for name in job.wildcards}
    return frozenset(n for n in names if len({job.wildcards.get(n) for job in jobs}) > 1)


def _key(job: JobNode, varying: frozenset[str]) -> _Key:
    return job.rule, tuple((n, value) for n, value in job.wildcards.items() if n not in varying)


def parameters_of(step: Step, others: Sequence[Step]) -> dict[str, Any]:
    """Parameters of a step, flat, by the shortest names that tell them apart.

    Left out are what every record has by itself (seeds, precision), and mappings that only
    repeat parameters of another step.

    Args:
        step: the step; its first job stands for all.
        others: steps that it rests on.
    """
    leaves = dict(_leaves(step.first.parameters, (), [other.first.parameters for other in others]))
    short: dict[str, list[tuple[str, ...]]] = {}
    for path in leaves:
        short.setdefault(path[-1], []).append(path)
    return {
        name if len(paths) == 1 else ".".join(path): leaves[path]
        for name, paths in short.items()
        for path in paths
    }


def _leaves(
    parameters: Mapping[str, Any], above: tuple[str, ...], others: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            if not any(all(key in o and o[key] == v for key, v in value.items()) for o in others):
                yield from _leaves(value, (*above, name), others)
        elif value is not None and (above or name not in _IN_RECORD):
            yield (*above, name), value
