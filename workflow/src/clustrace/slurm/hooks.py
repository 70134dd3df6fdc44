"""What a run does on a cluster before its first job."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from clustrace.preflight.cluster import refuse_unusable
from clustrace.preflight.profile import Profile
from clustrace.slurm.orphans import cancel_orphans, cancelled

_PROFILE = "slurm"


def before_jobs(root: Path) -> Iterator[str]:
    """Check that the cluster has what the profile asks for, and cancel jobs of a killed run.

    Args:
        root: root of the repository; the caller holds the lock on it.

    Returns:
        Sentences about what was done.

    Raises:
        ClustraceError: the cluster cannot do what the profile asks for, or a job does not end.
    """
    if profile := Profile.find(_PROFILE, root):
        refuse_unusable(profile)
    if numbers := cancel_orphans(root):
        yield cancelled(numbers)
