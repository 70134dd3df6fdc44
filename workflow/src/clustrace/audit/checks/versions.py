"""Check on the installed libraries: are they those of the lock?"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from clustrace.audit.case import Case
from clustrace.audit.checks.environment import LOCK, environment_of
from clustrace.audit.model import Check, Level, Observation, Severity, failed, passed, skipped
from clustrace.audit.records import Job
from clustrace.audit.tree import TreeError

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


class VersionsLocked(Check):
    """ENV-006."""

    id = "ENV-006"
    title = "The libraries of every job have the versions of its commit's lock"
    severity = Severity.WARNING
    level = Level.HASHES
    why = "Other versions of libraries may give other numbers."
    mend = "Install the lock, and run the job again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare the installed versions with the lock of each job's commit."""
        commits = {job.record.git.commit for job in case.jobs if job.record.git is not None}
        locks = case.checkout.contents(f"{commit}:{LOCK}" for commit in sorted(commits))
        for job in case.jobs:
            commit = job.record.git.commit if job.record.git else ""
            lock = locks.get(f"{commit}:{LOCK}")
            try:
                installed = environment_of(case, job).packages
            except TreeError as error:
                yield skipped(job.place, str(error))
                continue
            if lock is None:
                yield skipped(job.place, f"no commit shows the {LOCK} of the job")
            else:
                yield _compared(job, installed, pinned(lock))


def _compared(
    job: Job, installed: Mapping[str, str], locked: Mapping[str, frozenset[str]]
) -> Observation:
    # What stands after a plus sign tells one build of a version from another.
    others = {
        name: version
        for name, version in installed.items()
        if name in locked and version.partition("+")[0] not in locked[name]
    }
    if not others:
        return passed(job.place)
    found = ", ".join(f"{name} {version}" for name, version in others.items())
    expected = ", ".join(f"{name} {' or '.join(sorted(locked[name]))}" for name in others)
    return failed(job.place, found, expected)


@functools.lru_cache(maxsize=16)
def pinned(lock: bytes) -> Mapping[str, frozenset[str]]:
    """Versions that a lock allows, by normalised name; several where they depend on the system."""
    versions: dict[str, set[str]] = defaultdict(set)
    for name, version in _PINNED.findall(lock.decode("utf-8", "replace")):
        versions[re.sub(r"[-_.]+", "-", name).lower()].add(version.partition("+")[0])
    return {name: frozenset(found) for name, found in versions.items()}
