"""What Snakemake has to know of jobs that ran elsewhere: its metadata, from their records.

Snakemake runs a job again if its parameters or its set of inputs are not those that it noted when
the job ran, or if an input is newer and has another content. A clone has no such notes. They are
written here, through Snakemake's own code, from what the records say of the jobs as they ran, and
not from what the workflow would say now: a job that ran with another code, other parameters or
other inputs is planned again, as on the machine where it ran; unless an attestation says that the
code of now gives the same, as far as that was tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from clustrace.errors import StorageError
from clustrace.provenance.canonical import in_canonical_order
from clustrace.provenance.disk import DiskHashes, FileState
from clustrace.provenance.record import OTHERS
from clustrace.provenance.standing import StandingJob

if TYPE_CHECKING:
    from snakemake.persistence import MetadataRecord

_FORMAT = 6

#: Rules whose code is no parameter: what they give is decided by its fingerprint alone.
_FREE_OF_CODE = frozenset({"fetch"})


def note_jobs(
    jobs: Iterable[StandingJob], disk: DiskHashes, vouched: Mapping[str, str] | None = None
) -> None:
    """Write Snakemake's notes on all outputs of some jobs.

    Args:
        jobs: the jobs.
        disk: their files.
        vouched: identity of the code of now, by the path of the record, for jobs of older code
            that an attestation vouches for; they are not to be planned for their code.

    Raises:
        StorageError: Snakemake writes another format than this code knows, an object that a
            record refers to is unreadable, or the notes cannot be written.
    """
    # Takes a second to import.
    from snakemake.persistence import RECORD_FORMAT_VERSION
    from snakemake.persistence.file import FilePersistence

    if RECORD_FORMAT_VERSION != _FORMAT:
        raise StorageError(
            f"The installed Snakemake notes jobs in format {RECORD_FORMAT_VERSION}, but format "
            f"{_FORMAT} is expected; install the locked versions with `make env`."
        )
    try:
        notes = FilePersistence(path=(disk.root / ".snakemake").absolute())
        for job in jobs:
            note = _note(job, disk, (vouched or {}).get(job.path))
            for path in (*(file.path for file in job.written), job.path):
                notes._write_record(path, note)
                notes._unmark_incomplete(path)
    except OSError as error:
        raise StorageError(
            f"The folder .snakemake cannot be written ({error.strerror or error}); check its "
            "permissions and call again."
        ) from error


def _note(job: StandingJob, disk: DiskHashes, code: str | None) -> MetadataRecord:
    from snakemake.persistence import MetadataRecord

    record = job.record
    inputs = [f for name, files in record.inputs.items() if name != OTHERS for f in files]
    as_made = all(disk.state(file) is not FileState.CHANGED for file in job.written)
    return MetadataRecord(
        rule=record.rule,
        input=sorted(file.path for file in inputs),
        # Nobody knows what made an output that is not as recorded: no parameters, so that the job
        # is planned again.
        params=parameters_of(job, code) if as_made else [],
        record_format_version=_FORMAT,
        starttime=record.start.timestamp(),
        endtime=record.end.timestamp(),
        incomplete=False,
        input_checksums={file.path: f"sha256:{file.sha256}" for file in inputs},
    )


def parameters_of(job: StandingJob, code: str | None = None) -> list[str]:
    """Parameters of a job's rule as Snakemake writes them down.

    Args:
        job: the job.
        code: identity of the code that it is to pass for; None: its own.

    Raises:
        StorageError: the object with the code of the job is unreadable.
    """
    record = job.record
    values: list[object] = [
        in_canonical_order(record.parameters),
        list(record.code_in(job.store).roots),
    ]
    if record.rule not in _FREE_OF_CODE:
        values.append(code or record.code.digest)
    return sorted(map(repr, values))
