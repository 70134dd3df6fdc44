"""Jobs that older code did, beside the code that would do them now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from clustrace.errors import ConfigError
from clustrace.files import sha256_file
from clustrace.provenance.code_identity import CodeIdentity, CodeIndex
from clustrace.provenance.record import Record
from clustrace.provenance.standing import StandingJob
from clustrace.stages.replayable import REPLAYABLE


@dataclass(frozen=True)
class OlderJob:
    """A job that older code did.

    Attributes:
        job: the job.
        file: its record, or a copy among the objects where that is not there.
        sha256: hash of the record.
        recorded: code that did it.
        now: code that would do it now; None if there is none.
        why_not: why there is none, a sentence.
    """

    job: StandingJob
    file: Path
    sha256: str
    recorded: CodeIdentity
    now: CodeIdentity | None
    why_not: str = ""

    @property
    def record(self) -> Record:
        """Its record."""
        return self.job.record

    @property
    def is_training(self) -> bool:
        """True if it left losses over gradient steps, of which the first can be repeated."""
        return has_first_steps(self.record) and self.record.outcome.ok

    @property
    def name(self) -> str:
        """Rule and wildcards, for people; the wildcards as the path of the record has them."""
        parts = self.job.path.removesuffix(".json").split("/")
        return " ".join((self.record.rule, "/".join(parts[parts.index(self.record.rule) + 1 :])))


def has_first_steps(record: Record) -> bool:
    """Whether a shorter repetition of a job takes the same first gradient steps.

    Learning rates and sparsity of the package ``classify`` change over the epochs that there are,
    so fewer epochs take other steps from the first on.
    """
    estimator = str(record.parameters.get("estimator", ""))
    return "history" in record.outputs and not estimator.startswith("clustrace.classify.")


def older_jobs(jobs: Iterable[StandingJob], root: Path, index: CodeIndex) -> Iterator[OlderJob]:
    """Those of some jobs that can be done once more and that other code than that of now did.

    Ledgers, tables and figures are not among them: they are made anew from what is there.

    Raises:
        StorageError: an object that a record refers to is missing or altered.
    """
    for job in sorted(jobs, key=lambda job: job.record.start):
        if job.record.rule not in REPLAYABLE or job.record.code.object is None:
            continue
        recorded = job.record.code_in(job.store)
        now, why_not = None, ""
        try:
            now = index.identity(*recorded.roots)
        except ConfigError as error:
            why_not = str(error)
        if now is None or now.digest != recorded.digest:
            own = root / job.path
            file = own if job.object is None else job.store.path(job.object)
            yield OlderJob(job, file, job.object or sha256_file(file), recorded, now, why_not)
