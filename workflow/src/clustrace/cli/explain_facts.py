"""What the jobs behind a number have in common, and where they differ, in short texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from clustrace.provenance.environment import Environment
from clustrace.provenance.explanation import DataNode, Explanation, JobNode
from clustrace.provenance.steps import Step, parameters_of

_SHORT = 8
_LONGEST_VALUE = 60
#: Packages whose version is shown; the JSON form has all.
_PACKAGES = ("numpy", "scipy", "scikit-learn")


def facts(explanation: Explanation, steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    """Name and text of each fact: configuration, code, machine, software, data."""
    for index, step in enumerate(steps):
        if text := _parameters(step, steps[index + 1 :]):
            yield step.name, text
    for data in explanation.data:
        yield "data", _data(data)
    jobs, environments = explanation.jobs, explanation.environments

    def common(*texts_of: Callable[[JobNode, Environment], str]) -> str:
        return ", ".join(
            filter(None, (_differing(jobs, environments, text_of) for text_of in texts_of))
        )

    yield "code", common(_code, _commit)
    yield "machine", common(_processor, _device, _threads, _precision)
    yield "software", common(_python, _torch, *map(_package, _PACKAGES), _lock)


def _parameters(step: Step, others: Sequence[Step]) -> str:
    found = parameters_of(step, others)
    # The estimator first, as it says what takes the others.
    names = sorted(found, key=lambda name: name != "estimator")
    text = ", ".join(f"{name} {_value(found[name])}" for name in names)
    given = [{k: v for k, v in job.parameters.items() if k != "seeds"} for job in step.distinct]
    return f"{text} (other values in other runs)" if any(g != given[0] for g in given) else text


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_SHORT]}…"


def _differing(
    jobs: Sequence[JobNode],
    environments: Mapping[str, Environment],
    text_of: Callable[[JobNode, Environment], str],
) -> str:
    """The text of all jobs that have one; if it differs, each text with the rules it holds for."""
    rules: dict[str, dict[str, None]] = {}
    for job in jobs:
        if text := text_of(job, environments[job.environment]):
            rules.setdefault(text, {})[job.rule] = None
    if len(rules) == 1:
        return next(iter(rules))
    return ", ".join(f"{text} ({' '.join(names)})" for text, names in rules.items())


def _code(job: JobNode, _: Environment) -> str:
    if job.changed_modules is None:
        return "no modules recorded"
    if not job.changed_modules:
        return "same as now"
    return f"older code; {job.attestation}" if job.attestation else "older code"


def _commit(job: JobNode, _: Environment) -> str:
    if job.commit is None:
        return "not in git"
    return f"commit {job.commit[:_SHORT]}{' with edits' if job.dirty else ''}"


def _processor(_: JobNode, environment: Environment) -> str:
    processor = environment.processor
    return f"{processor.model or 'processor of unknown make'}, {processor.cores} cores"


def _device(job: JobNode, environment: Environment) -> str:
    gpu = environment.torch.cuda if environment.torch else None
    return f"{gpu.name}, driver {gpu.driver}" if gpu else job.device


def _threads(job: JobNode, _: Environment) -> str:
    return f"{job.threads} thread{'s' if job.threads > 1 else ''}"


def _precision(job: JobNode, _: Environment) -> str:
    return job.precision


def _python(_: JobNode, environment: Environment) -> str:
    return f"Python {environment.python}"


def _torch(_: JobNode, environment: Environment) -> str:
    return f"torch {environment.torch.version}" if environment.torch else ""


def _package(name: str) -> Callable[[JobNode, Environment], str]:
    def version(_: JobNode, environment: Environment) -> str:
        found = environment.packages.get(name)
        return f"{name} {found}" if found else ""

    return version


def _lock(_: JobNode, environment: Environment) -> str:
    lock = environment.lock_sha256
    return f"lock {lock[:_SHORT]}" if lock else "no lock"


def _data(data: DataNode) -> str:
    registered = data.registered
    if data.recorded == registered:
        return f"{data.raw}, fingerprint {registered[:_SHORT]} as in config/datasets.yaml"
    recorded = data.recorded[:_SHORT] or "none"
    return (
        f"{data.raw}, recorded fingerprint {recorded}, but {registered[:_SHORT]} in "
        "config/datasets.yaml"
    )
