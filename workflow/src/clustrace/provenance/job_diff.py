"""Two recorded jobs side by side: which causes of a result differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clustrace.config.base import Model
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.environment import Environment
from clustrace.provenance.jobs import JobRef, read_job
from clustrace.provenance.lineage import Lineage
from clustrace.provenance.objects import ObjectStore
from clustrace.provenance.record import Record, read_object

# Of an environment: what no number depends on.
_IDLE = frozenset({"host", "processor.memory_mib", "processor.usable_cores", "processor.cores"})

CauseKind = Literal["code", "parameter", "seeds", "data", "environment", "jobs", "unexplained"]


class Cause(Model):
    """Something that differs behind two results."""

    kind: CauseKind
    """What it is: `code` (a module), `parameter`, `seeds`, `data` (a file that no job of the
    lineage made), `environment` (machine, software, threads), `jobs` (a job that one side lacks),
    `unexplained` (outputs differ and nothing recorded does)."""
    job: str
    """Rule and wildcards of the job."""
    name: str
    """Module, parameter, file, package or the like."""
    before: str
    """What A has; empty if it has none."""
    after: str
    """What B has; empty if it has none."""


@dataclass(frozen=True)
class RecordedJob:
    """A job of one side with all that it refers to."""

    job: JobRef
    record: Record
    code: CodeIdentity
    environment: Environment


def load_job(job: JobRef, lineage: Lineage) -> RecordedJob:
    """A job with its record, code and environment.

    Raises:
        StorageError: the record or an object that it refers to cannot be read.
    """
    record = read_job(job, lineage.root)
    store = ObjectStore(lineage.folder / "provenance" / "objects")
    environment = read_object(store, record.environment.object, Environment)
    return RecordedJob(job, record, record.code_in(store), environment)


def compare_jobs(
    a: RecordedJob, b: RecordedJob, made: Sequence[frozenset[str]]
) -> tuple[Cause, ...]:
    """What differs between two jobs, besides inputs that other jobs of the lineage made.

    Args:
        a: the job of side A.
        b: the job of side B.
        made: for both sides, paths of the files that jobs of the lineage made.
    """
    name = a.job.name
    found = [
        *_mapping("code", name, _short(a.code.modules), _short(b.code.modules)),
        *_mapping("parameter", name, _flat(a.record.parameters), _flat(b.record.parameters)),
        *_data(a.job, b.job, made),
        *_mapping("environment", name, *_surroundings(a, b)),
    ]
    if a.record.seeds != b.record.seeds:
        found.append(_cause("seeds", name, "", a.record.seeds, b.record.seeds))
    if a.record.code.digest != b.record.code.digest and not any(c.kind == "code" for c in found):
        digests = (a.record.code.digest[:12], b.record.code.digest[:12])
        found.append(_cause("code", name, "digest", *digests))
    # Parameters repeat the seeds of their job.
    seeds = any(cause.kind == "seeds" for cause in found)
    return tuple(c for c in found if not (seeds and (c.kind, c.name) == ("parameter", "seeds")))


def pairs_by_name(
    a: Sequence[JobRef], b: Sequence[JobRef]
) -> list[tuple[JobRef | None, JobRef | None]]:
    """Jobs of two sides that did the same, in the order of A and then of B.

    They have the same rule and wildcards; of the rest, those of a rule whose wildcards differ in
    one place alone, as where a block of seeds has grown. None stands for a job that one side lacks.
    """
    by_name = {job.name: job for job in b}
    partner = {job: by_name.pop(job.name, None) for job in a}
    for job in (job for job, other in partner.items() if other is None):
        near = next((o for o in by_name.values() if _differs_in_one_place(job, o)), None)
        if near is not None:
            partner[job] = by_name.pop(near.name)
    return [*partner.items(), *((None, job) for job in by_name.values())]


def _differs_in_one_place(a: JobRef, b: JobRef) -> bool:
    names = {*a.wildcards, *b.wildcards}
    different = [name for name in names if a.wildcards.get(name) != b.wildcards.get(name)]
    return a.rule == b.rule and len(different) == 1


def same_inputs(a: JobRef, b: JobRef) -> bool:
    """True if two jobs read the same contents."""
    return sorted(file.sha256 for file in a.read) == sorted(file.sha256 for file in b.read)


def same_outputs(a: JobRef, b: JobRef) -> bool:
    """True if two jobs wrote the same contents."""
    return sorted(file.sha256 for file in a.written) == sorted(file.sha256 for file in b.written)


def _mapping(
    kind: CauseKind, job: str, a: Mapping[str, Any], b: Mapping[str, Any]
) -> Iterator[Cause]:
    for name in dict.fromkeys((*a, *b)):
        if a.get(name) != b.get(name):
            yield _cause(kind, job, name, a.get(name), b.get(name))


def _cause(kind: CauseKind, job: str, name: str, a: Any, b: Any) -> Cause:
    return Cause(kind=kind, job=job, name=name, before=_text(a), after=_text(b))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) if all(isinstance(v, int) for v in value) else repr(value)
    return "" if value is None else str(value)


def _short(modules: Mapping[str, str]) -> dict[str, str]:
    return {name: digest[:12] for name, digest in modules.items()}


def _flat(content: Any, above: str = "") -> dict[str, Any]:
    """Values of nested mappings and lists of mappings by their path."""
    if isinstance(content, Mapping) and content:
        items: Iterator[tuple[Any, Any]] = iter(content.items())
    elif isinstance(content, list) and any(isinstance(part, Mapping | list) for part in content):
        items = iter(enumerate(content))
    else:
        return {above: content}
    found: dict[str, Any] = {}
    for key, value in items:
        found |= _flat(value, f"{above}.{key}" if above else str(key))
    return found


def _data(a: JobRef, b: JobRef, made: Sequence[frozenset[str]]) -> Iterator[Cause]:
    """Inputs of other content that, on one side at least, no job made."""
    read = [{file.path: file.sha256[:12] for file in job.read} for job in (a, b)]
    given = [path for side, own in zip(read, made, strict=True) for path in side if path not in own]
    for path in dict.fromkeys(given):
        if read[0].get(path) != read[1].get(path):
            yield _cause("data", a.name, path, read[0].get(path), read[1].get(path))


def _surroundings(a: RecordedJob, b: RecordedJob) -> Iterator[dict[str, Any]]:
    """For both sides, what numbers can depend on besides code, inputs and parameters."""
    with_torch = a.environment.torch is not None and b.environment.torch is not None
    for side in (a, b):
        content = side.environment.model_dump(mode="json")
        if not with_torch and content["torch"]:
            content["torch"] = {"version": content["torch"]["version"]}
        pools: dict[str, list[int]] = {}
        for pool in content.pop("thread_pools"):
            about = (pool["library"], pool["version"], pool["architecture"], "threads")
            pools.setdefault(" ".join(filter(None, about)), []).append(pool["threads"])
        found = {**_flat({**content, **pools}), "precision": side.record.precision}
        yield {name: value for name, value in found.items() if name not in _IDLE}
