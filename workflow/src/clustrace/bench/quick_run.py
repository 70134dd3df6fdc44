"""One run of the workflow under a short protocol, taken apart: work, recording and the rest."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clustrace.bench.copies import workflow_copy
from clustrace.bench.processes import seconds_of_python
from clustrace.config.experiment import load_experiment
from clustrace.config.layout import Layout
from clustrace.config.plan import Plan
from clustrace.errors import ClustraceError
from clustrace.files import write_json
from clustrace.provenance.record import parse_record
from clustrace.provenance.records import StoredRecord, iter_records


@dataclass(frozen=True)
class JobTime:
    """Seconds of one job.

    Attributes:
        rule: its rule.
        work: the stage alone.
        recording: hashing, describing and writing.
    """

    rule: str
    work: float
    recording: float


@dataclass(frozen=True)
class QuickRun:
    """A run on so many cores, with a job on each at most.

    Attributes:
        seconds: from the start of Snakemake to its end.
        jobs: all jobs that have a result.
        cores: cores that Snakemake had.
        without: number of jobs without a result, as where data are out of reach.
    """

    seconds: float
    jobs: tuple[JobTime, ...]
    cores: int = 1
    without: int = 0

    @property
    def work(self) -> float:
        """Seconds that the stages worked."""
        return sum(job.work for job in self.jobs)

    @property
    def recording(self) -> float:
        """Seconds that recording took."""
        return sum(job.recording for job in self.jobs)

    @property
    def rest(self) -> float:
        """Core seconds of Snakemake, of starting and ending processes, and of cores at rest."""
        return self.seconds * self.cores - self.work - self.recording


def run(root: Path, given: Mapping[str, str], *, cores: int = 1, whole: bool = True) -> QuickRun:
    """Run part of the workflow in a copy of the project, from the raw data that are on disk.

    Args:
        root: folder of the project.
        given: values for ``--config``.
        cores: cores for Snakemake.
        whole: every job must have a result; else those without are counted.

    Raises:
        ClustraceError: the run failed, or a job had no result.
    """
    config = [f"{key}={value}" for key, value in given.items()]
    with workflow_copy(root) as folder:
        layout = Layout(folder)
        lend_raw_data(root, folder, given)
        options = ("--cores", str(cores), "--quiet", "all", "--config", *config)
        seconds = seconds_of_python("-m", "snakemake", *options, folder=folder)
        stored = records_of(layout, given["protocol"])
        kept = [one for one in stored if whole or one.record.outcome.status == "ok"]
        jobs = tuple(job_time(one) for one in kept)
        return QuickRun(seconds, jobs, cores, len(stored) - len(kept))


def told(given: Mapping[str, str]) -> str:
    """Settings of a run, for notes."""
    return ", ".join(f"{key}={value}" for key, value in given.items())


def lend_raw_data(root: Path, folder: Path, given: Mapping[str, str]) -> None:
    """Copy the raw data that a run needs, as far as they are on disk."""
    experiment = load_experiment(root, given)
    for raw in {experiment.dataset(run.dataset).raw for run in Plan(experiment).runs}:
        if (lent := Layout(root).raw(raw)).is_file():
            target = Layout(folder).raw(raw)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(lent, target)


def records_of(layout: Layout, protocol: str) -> list[StoredRecord]:
    """Records of all jobs of a run, those that made its data among them."""
    folders = (layout.protocol(protocol) / "provenance", layout.root / "data/provenance")
    return [one for below in folders for one in iter_records(below)]


def job_time(stored: StoredRecord) -> JobTime:
    """What a record tells of its job, and the time that writing its file takes.

    Raises:
        ClustraceError: the job has no result.
    """
    record = stored.record
    if record.outcome.status != "ok":
        raise ClustraceError(
            f"{record.path} has no result ({record.outcome.reason}); run `clustrace data fetch` "
            "and call again."
        )
    return JobTime(
        record.rule, record.seconds, record.recording_seconds + _seconds_to_write(stored)
    )


def _seconds_to_write(stored: StoredRecord) -> float:
    """What a record does not tell: how long its own check and its file took, here done again."""
    content = stored.record.model_dump(mode="json", by_alias=True)
    began = time.perf_counter()
    record = parse_record(content, stored.file)
    write_json(stored.file, record.model_dump(mode="json", by_alias=True))
    return time.perf_counter() - began
