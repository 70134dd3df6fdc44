"""Attestations of the results that a command is about."""

from __future__ import annotations

from collections.abc import Iterable

from clustrace.config.layout import Layout
from clustrace.provenance.attested import Attested, vouched
from clustrace.provenance.disk import DiskHashes
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.standing import StandingJob


def vouched_jobs(
    jobs: Iterable[StandingJob], protocols: Iterable[str], disk: DiskHashes
) -> dict[str, str]:
    """Identity of the code of now by the path of the record, for jobs that are attested.

    Args:
        jobs: jobs with their records.
        protocols: protocols whose attestations count.
        disk: hashes of the files in the repository.

    Raises:
        StorageError: attestations are not readable.
    """
    layout, hashes = Layout(disk.root), HashCache(None)
    lists = [Attested.load(layout.protocol(protocol), hashes) for protocol in protocols]
    records = (
        (job.path, job.object or disk.sha256(job.path) or "", job.record.code.digest)
        for job in jobs
    )
    return vouched(records, lists)
