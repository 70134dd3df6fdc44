"""Scores of runs as they lie on disk, and why some are missing."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from clustrace.config.experiment import Experiment, seeds_of
from clustrace.config.pairings import ITERATIONS
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan, Run, all_runs_of
from clustrace.data.artefact import Outcome
from clustrace.errors import StorageError
from clustrace.files import read_json
from clustrace.provenance.measured import MethodResult, SeedScores, at_start
from clustrace.provenance.record import Record, read_record
from clustrace.report.disk import metrics_files

NOT_RUN = "not run in this configuration"
_METRICS = ("acc", "nmi", "ari")
_SUPERVISED = ("error",)


def paper_results(plan: Plan, paper: Paper) -> dict[tuple[str, str], MethodResult]:
    """Results of all runs of a paper, by method and data set, from all scores that exist."""
    return {(run.method, run.dataset): _result(plan, paper, run) for run in all_runs_of(paper)}


def _result(plan: Plan, paper: Paper, run: Run) -> MethodResult:
    """Scores of a run over all seeds that it has, with the reasons for those that are missing."""
    members: dict[int, SeedScores] = {}
    missing: list[tuple[tuple[int, ...], str]] = []
    for path in metrics_files(plan, paper, run):
        block = path.parent.name
        if not path.exists():
            missing.append((seeds_of(block), why_missing(plan.experiment, run, block)))
            continue
        try:
            found, failed = _members(read_json(path), path)
            if paper.is_timed:
                found = timed_seeds(found, plan.records_of(run, block))
        except (StorageError, KeyError, TypeError) as error:
            reason = f"{path} cannot be read ({error}); delete it and run again"
            missing.append((seeds_of(block), reason))
            continue
        for member in found:
            # Runs of this configuration come first; of others only further seeds count.
            members.setdefault(member.seed, member)
        missing += failed
    told = {seed for seeds, _ in missing for seed in seeds}
    untold = [s for s in range(plan.experiment.protocol.seeds) if s not in told]
    reason = _reason([*missing, (untold, NOT_RUN)], members.keys())
    return MethodResult(tuple(members.values()), reason)


def timed_seeds(members: Sequence[SeedScores], paths: Sequence[Path]) -> list[SeedScores]:
    """The same seeds with their seconds, if all jobs of their run left a record.

    Args:
        members: Scores of each seed of a run.
        paths: Records of the jobs that it starts from, and of its own as the last.
    """
    if not all(path.exists() for path in paths):
        return list(members)
    counted = counted_jobs([read_record(path) for path in paths])
    seconds = {metric: sum(map(_seconds_of_seed, jobs)) for metric, jobs in counted.items()}
    machines = {metric: tuple(map(_machine, jobs)) for metric, jobs in counted.items()}
    return [replace(m, scores={**m.scores, **seconds}, timed_on=machines) for m in members]


def counted_jobs(records: Sequence[Record]) -> dict[str, Sequence[Record]]:
    """The jobs of a run whose seconds each metric counts; metrics that count none are left out.

    Inference is all but the training of a network without clusters.
    """
    inferring = [record for record in records if record.rule != "pretrain"]
    found = {
        "training_seconds": records[-1:],
        "pretraining_seconds": records[:-1],
        "inference_seconds": inferring,
        "total_seconds": records,
    }
    return {metric: jobs for metric, jobs in found.items() if jobs}


def _seconds_of_seed(record: Record) -> float:
    """Seconds of a job that one seed of its run needed.

    A job with several seeds does them one after the other, and its record has their sum. A job that
    draws on no seed, such as that of nearest neighbours, is needed by each seed as a whole.
    """
    return record.work_seconds / max(1, len(record.seeds))


def _machine(record: Record) -> str:
    """Where a job ran, as readers are told."""
    processor = record.environment.gpu or record.environment.processor
    return f"{processor} with {record.threads} thread{'s' * (record.threads > 1)}"


def _reason(missing: Sequence[tuple[Sequence[int], str]], there: Set[int]) -> str:
    """Why seeds are missing; they are named unless it is the one reason for all."""
    seeds_by_reason: dict[str, set[int]] = {}
    for seeds, reason in missing:
        absent = set(seeds) - there
        if absent:
            seeds_by_reason.setdefault(reason, set()).update(absent)
    if len(seeds_by_reason) == 1 and not there:
        return next(iter(seeds_by_reason))
    return "; ".join(
        f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, sorted(seeds)))}: {reason}"
        for reason, seeds in seeds_by_reason.items()
    )


def _members(
    content: Any, path: Path
) -> tuple[list[SeedScores], list[tuple[tuple[int, ...], str]]]:
    """Scores of each seed of a run, and the seeds without any with the reason."""
    members = [
        SeedScores(
            int(seed), _scores(scores), path.parent.as_posix(), bool(scores.get("capped", False))
        )
        for seed, scores in content["seeds"].items()
    ]
    outcome = Outcome.from_dict(content["outcome"])
    failed = [] if outcome.ok else [(seeds_of(path.parent.name), _sentence(outcome))]
    failed += [
        ((int(seed),), _sentence(Outcome.from_dict(failure)))
        for seed, failure in content.get("failures", {}).items()
    ]
    return members, failed


def _scores(scores: Any) -> dict[str, float]:
    """Metrics of one seed; where its method is fine-tuned those at its start, and its steps."""
    metrics = _SUPERVISED if "error" in scores else _METRICS
    found = {metric: float(scores[metric]) for metric in metrics}
    for first in scores.get("trajectory", ())[:1]:
        found |= {at_start(metric): float(first[metric]) for metric in _METRICS}
    if ITERATIONS in scores:
        found[ITERATIONS] = float(scores[ITERATIONS])
    return found


def _sentence(outcome: Outcome) -> str:
    return f"{outcome.status.value.replace('-', ' ')}: {outcome.reason}"


def why_missing(experiment: Experiment, run: Run, block: str) -> str:
    """Why a run of this configuration has no result; of features themselves, why they are not."""
    layout, protocol = experiment.layout, experiment.protocol.slug
    jobs = _data_jobs(experiment, run.dataset)
    for step in experiment.chain(run.method) if run.method in experiment.methods else ():
        stage = experiment.methods[step].stage
        if stage == "neighbours":
            graph = (run.dataset, experiment.subset(run.dataset), step)
            jobs.append((layout.neighbours(*graph), layout.data_log(stage, *graph)))
            continue
        names = (run.dataset, step, block)
        jobs.append((layout.model(protocol, *names), layout.log(protocol, stage, *names)))
    return _why(jobs)


def why_no_truth(experiment: Experiment, dataset: str) -> str:
    """Why the true labels of a data set are not there."""
    layout, protocol = experiment.layout, experiment.protocol.slug
    copied = (layout.truth(protocol, dataset), layout.log(protocol, "truth", dataset))
    return _why([*_data_jobs(experiment, dataset), copied])


def _data_jobs(experiment: Experiment, dataset: str) -> list[tuple[Path, Path]]:
    """Outputs and logs of the jobs that make a data set."""
    layout, subset = experiment.layout, experiment.subset(dataset)
    raw = experiment.dataset(dataset).raw
    return [
        (layout.raw(raw), layout.data_log("fetch", raw)),
        (layout.features(dataset, subset), layout.data_log("prepare", dataset, subset)),
    ]


def _why(jobs: Sequence[tuple[Path, Path]]) -> str:
    for output, log in jobs:
        if log.exists() and not output.exists():
            error = _last_error(log) or "it ended without a word, perhaps killed"
            return f"the job failed: {error} (see {log.as_posix()})"
    return "not computed yet"


def _last_error(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line.removeprefix("Error: ") for line in lines if "Error" in line]
    return errors[-1][:400].rstrip(".") if errors else ""
