"""What is not as recorded behind a number, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from clustrace.provenance.explanation import FileNode, JobNode, MemberNumber
from clustrace.provenance.lineage import NodeStatus

_SHOWN = 3


def problems_of(
    ledger: FileNode,
    jobs: Sequence[JobNode],
    members: Sequence[MemberNumber],
    unreadable: Mapping[str, str],
) -> tuple[str, ...]:
    """Sentences on everything behind a number that is not as recorded.

    Args:
        ledger: the ledger that holds it.
        jobs: jobs behind it.
        members: numbers that it is computed from.
        unreadable: reasons why records could not be read, by path.
    """
    return tuple(_sentences(ledger, jobs, members, unreadable))


def _sentences(
    ledger: FileNode,
    jobs: Sequence[JobNode],
    members: Sequence[MemberNumber],
    unreadable: Mapping[str, str],
) -> Iterator[str]:
    files = {(f.path, f.sha256): f for job in jobs for f in (*job.inputs, *job.outputs)}
    missing = _paths(files.values(), NodeStatus.MISSING)
    changed = _paths(files.values(), NodeStatus.CHANGED)
    if changed:
        yield f"Not as recorded: {_some(changed)}."
    if missing:
        yield f"Missing: {_some(missing)}."
    for job in jobs:
        for file in job.inputs:
            if not file.as_made:
                yield f"{job.id} read another content of {file.path} than {file.made_by} wrote."
    yield from _older_code(jobs)
    if ledger.made_by is None:
        yield f"No record tells what wrote {ledger.path}."
    elif ledger.status is not NodeStatus.OK:
        yield f"{ledger.path} is not what {ledger.made_by} wrote; `make tables` may have."
    for status in (NodeStatus.MISSING, NodeStatus.CHANGED, NodeStatus.OLDER_CODE):
        if found := [member.address for member in members if member.status is status]:
            yield f"{status.capitalize()} behind {_some(found)}."
    for path, reason in unreadable.items():
        yield f"{path} tells nothing: {reason}."


def _older_code(jobs: Sequence[JobNode]) -> Iterator[str]:
    """One sentence for all jobs in which the same modules changed and that nothing vouches for."""
    rules: dict[tuple[tuple[str, ...], str], dict[str, None]] = {}
    for job in jobs:
        if job.changed_modules and job.status is not NodeStatus.ATTESTED:
            rules.setdefault((job.changed_modules, job.attestation), {})[job.rule] = None
    for (modules, attestation), names in rules.items():
        tried = f"; {attestation}" if attestation else ""
        yield f"Older code in {', '.join(names)}: since then {_some(modules)} changed{tried}."


def _paths(files: Iterable[FileNode], status: NodeStatus) -> list[str]:
    return list(dict.fromkeys(file.path for file in files if file.status is status))


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    rest = len(names) - _SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown
