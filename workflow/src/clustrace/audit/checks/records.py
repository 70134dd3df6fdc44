"""Checks on records and files: is everything recorded, and is it what was recorded?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from clustrace.audit.case import Case
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.records import Job
from clustrace.provenance.file_hash import FileHash

_RUN_AGAIN = "run `clustrace run` again, which makes what does not fit"
_NOT_HERE = "its bytes are not here; `make restore` fetches them"
# What a run leaves beside its results, and no job names among its outputs.
_UNRECORDED = ("logs/", "benchmarks/", "checkpoints/", "provenance/", "evidence/")
_UNRECORDED_NAMES = ("ro-crate-metadata.json", ".gitignore", "README.md")
#: Clocks of two machines may differ by this much.
_CLOCK_SLACK = timedelta(minutes=2)
_LEAST_MEMORY_MIB = 5


def short(sha256: str | None) -> str:
    """The beginning of a hash, which is enough to tell two apart."""
    return sha256[:12] if sha256 else "no file"


class RecordsReadable(Check):
    """RUN-001."""

    id = "RUN-001"
    title = "Every record can be read and is complete"
    level = Level.HASHES
    why = "A run without a record is a claim without evidence."
    mend = "Restore the record with git, or delete it and run its rule again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Look at every record, and at the place that it says it was written to."""
        for fault in case.records.faults:
            yield failed(fault.place, fault.cause, "a job record of schema 2")
        for job in case.jobs:
            if not job.upstream and job.record.path != job.place:
                yield failed(job.place, f"it is the record of {job.record.path}", job.place)
            else:
                yield passed(job.place)


class OutputsUnchanged(Check):
    """RUN-002, and for data DATA-001."""

    id = "RUN-002"
    title = "Results on disk are those that the records name"
    level = Level.HASHES
    why = "A file that was changed after its job is no longer that job's result."
    mend = f"Restore the file with git or `make restore`, or {_RUN_AGAIN}."
    of_data = False

    def examine(self, case: Case) -> Iterator[Observation]:
        """Hash every file that a job wrote."""
        newest: dict[str, tuple[Job, FileHash]] = {}
        for job in sorted(case.jobs, key=lambda job: job.record.end):
            newest |= {file.path: (job, file) for _, file in job.outputs}
        for path, (_, file) in sorted(newest.items()):
            if path.startswith("data/") == self.of_data:
                yield self._observed(case, file)

    def _observed(self, case: Case, file: FileHash) -> Observation:
        path, found = file.path, case.tree.digest(file.path)
        if found == file.sha256:
            return passed(path)
        if not path.startswith(("data/", f"{case.folder}/")):
            return skipped(path, "it lies outside the folder of this protocol, which others share")
        if found is None and path.endswith(".parquet"):
            return skipped(path, "it repeats the ledger, and a run writes it again")
        if found is None and path.startswith(("data/", f"{case.folder}/models/")):
            return skipped(path, _NOT_HERE)
        return failed(path, short(found), short(file.sha256))


class DataUnchanged(OutputsUnchanged):
    """DATA-001."""

    id = "DATA-001"
    title = "Raw and prepared data are those that the records name"
    why = "Other data gives other numbers, under the same name."
    mend = "Delete the file and run again: fetching verifies the content of every source."
    of_data = True


class NothingUnrecorded(Check):
    """RUN-003."""

    id = "RUN-003"
    title = "Every result was written by a recorded job"
    level = Level.HASHES
    why = "A file that no job wrote was put there by hand."
    mend = f"Delete the file, or {_RUN_AGAIN}."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Ask for the maker of every file below the folder of the results."""
        if case.addresses is not None:
            return
        prefixes = tuple(f"{case.folder}/{folder}" for folder in _UNRECORDED)
        for path in case.tree.below(case.folder):
            name = path.rpartition("/")[2]
            if path.startswith(prefixes) or name in _UNRECORDED_NAMES or name.endswith(".dvc"):
                continue
            if case.records.makers(path):
                yield passed(path)
            else:
                yield failed(path, "no record names it among its outputs", "a recorded job")


class ChainUnbroken(Check):
    """RUN-004."""

    id = "RUN-004"
    title = "Every input is the output of a recorded job, unchanged on the way"
    level = Level.HASHES
    why = "Only an unbroken chain leads from a number back to the data it came from."
    mend = f"The job read a file that was replaced since, or never made here: {_RUN_AGAIN}."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Ask for the maker of every input of every job."""
        for job in case.jobs:
            for name, file in job.inputs:
                yield self._observed(case, f"{job.place}: {name}", file)

    def _observed(self, case: Case, subject: str, file: FileHash) -> Observation:
        if case.records.producer(file) is not None:
            return passed(subject)
        found = f"{file.path} ({short(file.sha256)})"
        if (file.path, file.sha256) in case.records.replaced:
            return failed(subject, f"{found} of an earlier run", "what the present run wrote")
        if case.records.makers(file.path):
            return failed(subject, found, "a version of this file that a recorded job wrote")
        unmade = (f"{case.folder}/evidence/", f"{case.folder}/provenance/")
        if file.path.startswith(f"{case.folder}/") and not file.path.startswith(unmade):
            return failed(subject, f"{found}, which no recorded job wrote", "a recorded job")
        return self._source(case, subject, file)

    def _source(self, case: Case, subject: str, file: FileHash) -> Observation:
        """A file that no job makes: it belongs to the checkout, or was there before."""
        present = case.tree.digest(file.path)
        if present == file.sha256:
            return passed(subject)
        if present is None:
            return skipped(subject, "a file that no record tells the maker of is not here")
        if file.path.startswith(("workflow/", "config/", f"{case.folder}/")):
            return skipped(subject, "what the job read of the checkout was edited since")
        return failed(subject, f"{file.path} ({short(file.sha256)})", short(present))


class TimesPlausible(Check):
    """RUN-008."""

    id = "RUN-008"
    title = "Times and memory of the jobs are possible"
    level = Level.HASHES
    why = "A job that ended before it began, or read what was not yet written, never ran."
    mend = "Run the job again; if clocks of several machines are involved, set them first."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare the times of each job with each other and with those of its inputs."""
        for job in case.jobs:
            faults = list(self._faults(case, job))
            for found, expected in faults:
                yield failed(job.place, found, expected)
            if not faults:
                yield passed(job.place)

    def _faults(self, case: Case, job: Job) -> Iterator[tuple[str, str]]:
        record = job.record
        duration = (record.end - record.start).total_seconds()
        if duration < 0:
            yield f"it ended {-duration:g} s before it began", "an end after the start"
        elif record.seconds > duration + _CLOCK_SLACK.total_seconds():
            yield (f"{record.seconds:g} s of work in {duration:g} s", "work within the job's time")
        if record.end > case.now + _CLOCK_SLACK:
            yield f"it ended at {record.end:%Y-%m-%d %H:%M}", "a time that is past"
        if record.peak_memory_mib < _LEAST_MEMORY_MIB:
            yield (f"{record.peak_memory_mib:g} MiB of memory", "what a process needs at least")
        for _, file in job.inputs:
            maker = case.records.producer(file)
            if maker is None or _may_be_a_repetition(case, maker, file):
                continue
            # An earlier attempt that the job went on from had the same inputs.
            began = record.start - timedelta(seconds=record.resumed_seconds)
            if maker.record.end > began + _CLOCK_SLACK:
                late = (maker.record.end - began).total_seconds()
                yield (
                    f"{file.path} was written {late:.0f} s after the job began to read it",
                    "inputs that are written first",
                )


def _may_be_a_repetition(case: Case, maker: Job, file: FileHash) -> bool:
    """True if the job may have written again what an earlier run had written before.

    Data are fetched anew wherever they are missing, and their earlier records stay there.
    """
    of_data = maker.upstream or maker.place.startswith("data/")
    return of_data or (file.path, file.sha256) in case.records.replaced
