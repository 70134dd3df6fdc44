"""Jobs of a plan, and what they need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from clustrace.config.plan import Plan
from clustrace.estimate.jobs import PlannedJob, PlannedJobs

Plans = Callable[..., Plan]


def test_all_jobs_with_a_record_are_those_of_the_plan(plan: Plans) -> None:
    asked = plan(protocol="paper")
    layout, jobs = asked.experiment.layout, PlannedJobs(asked).all

    def record(job: PlannedJob) -> Path:
        if job.rule == "neighbours":
            return layout.data_record(job.rule, *job.wildcards)
        return layout.record("paper", job.rule, *job.wildcards)

    asked_for = set(asked.records)
    assert asked_for <= {record(job) for job in jobs}
    others = {job.rule for job in jobs} - {job.rule for job in jobs if record(job) in asked_for}
    assert others == {
        *("fetch", "prepare", "reveal", "embed", "filters", "activations"),
        *("ledger", "parquet", "table", "figure", "summary"),
    }


def test_jobs_come_after_what_they_need(plan: Plans) -> None:
    jobs = PlannedJobs(plan(protocol="smoke"))
    place = {job: number for number, job in enumerate(jobs.all)}
    assert len(place) == len(jobs.all)
    assert all(place[needed] < place[job] for job in jobs.all for needed in jobs.needs(job))


def test_a_fine_tuning_needs_its_start_and_the_network_below(plan: Plans) -> None:
    jobs = PlannedJobs(plan(protocol="smoke", datasets="usps"))
    assert [job.name for job in jobs.needs(PlannedJob("finetune", ("usps", "dec", "0")))] == [
        "prepare usps/300",
        "pretrain usps/sae/0",
        "initialise usps/sae-kmeans/0",
    ]


def test_a_map_needs_embeddings_and_the_table_does_not(plan: Plans) -> None:
    asked = plan(protocol="smoke", papers="dcec")
    jobs, paper = PlannedJobs(asked), asked.papers[0]
    embedded = {job.name for job in jobs.of_paper(paper) if job.rule == "embed"}
    assert "embed mnist-full/dcec/0/1000" in embedded
    table = jobs.of_table(paper, "table1")
    assert not [job for job in table if job.rule in ("embed", "ledger", "summary", "parquet")]
    assert PlannedJob("pretrain", ("usps", "cae", "0")) in table
