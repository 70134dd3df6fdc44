"""Times of files in the order of the jobs that made them.

Workflow engines compare times of modification. Those of a fresh clone mean nothing; here files get
times that follow from the records: no input is newer than what was made from it, unless it is not
the input that was used.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from clustrace.provenance.disk import DiskHashes, FileState
from clustrace.provenance.standing import StandingJob


def modification_times(jobs: Sequence[StandingJob], disk: DiskHashes, now: float) -> dict[str, int]:
    """Time of modification for each file that is as a record has it, and for each record.

    A job whose input is on disk with another content is older than everything else: whoever
    compares times finds its result out of date. Files that no record knows with the content that
    they have get no time.

    Args:
        jobs: jobs whose results stand.
        disk: files as they are.
        now: seconds since the epoch; all times lie before it.

    Returns:
        Seconds since the epoch by path, relative to the root of ``disk``.
    """
    depth = _depths(jobs)
    changed = {
        file.path for job in jobs for file in job.read if disk.state(file) is FileState.CHANGED
    }
    earliest = min([now, *(os.stat(disk.root / path).st_mtime for path in changed)])
    base = int(earliest) - max(depth.values(), default=0) - 3
    times = {
        file.path: base + 1 for job in jobs for file in job.read if disk.state(file) is FileState.OK
    }
    for job in jobs:
        stale = any(disk.state(file) is FileState.CHANGED for file in job.read)
        made = base if stale else base + 2 + depth[job]
        for file in job.written:
            if disk.state(file) is FileState.OK:
                times[file.path] = made
        if disk.sha256(job.path) is not None:
            times[job.path] = made
    return times


def _depths(jobs: Sequence[StandingJob]) -> dict[StandingJob, int]:
    """Length of the longest chain of jobs before each."""
    writers = {file.path: job for job in jobs for file in job.written}
    depths: dict[StandingJob, int] = {}

    def depth(job: StandingJob, pending: frozenset[StandingJob]) -> int:
        if job not in depths:
            before = {writers[file.path] for file in job.read if file.path in writers}
            # A forged record may name its own result among its inputs.
            before -= pending
            depths[job] = max((1 + depth(b, pending | {b}) for b in before), default=0)
        return depths[job]

    for job in jobs:
        depth(job, frozenset({job}))
    return depths


def set_times(times: Mapping[str, int], disk: DiskHashes) -> None:
    """Give files their times of modification."""
    for path, seconds in times.items():
        os.utime(disk.root / path, (seconds, seconds))
