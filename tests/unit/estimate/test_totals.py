"""What a plan takes in all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clustrace.config.plan import Plan
from clustrace.estimate.estimates import Estimator
from clustrace.estimate.jobs import PlannedJob, PlannedJobs
from clustrace.estimate.totals import PlanEstimate, estimate_plan

Plans = Callable[..., Plan]


def whole(plan: Plan, capacity: int = 2, *, on_cluster: bool = False) -> PlanEstimate:
    return estimate_plan(Estimator.of(plan), None, capacity, on_cluster=on_cluster)


def test_every_job_counts_once_in_all(plan: Plans) -> None:
    asked = plan(protocol="paper")
    found, jobs = whole(asked), PlannedJobs(asked).all
    estimator = Estimator.of(asked)
    hours = sum(estimator.of_job(job).seconds for job in jobs) / 3600
    assert (found.total.jobs, found.whole) == (len(jobs), True)
    assert found.total.cpu_hours == pytest.approx(hours)
    assert sum(rule.cpu_hours for rule in found.rules) == pytest.approx(hours)
    assert sum(found.total.sources.values()) == pytest.approx(1.0)
    assert found.wall_hours >= hours / 2


def test_jobs_behind_two_tables_count_in_each(plan: Plans, root: Path) -> None:
    paper = root / "config/papers/dcec.yaml"
    text = paper.read_text(encoding="utf-8")
    first, figures = text.index("  - slug: table1"), text.index("figures:")
    table = text[first:figures].replace("slug: table1", "slug: table2")
    paper.write_text(text[:figures] + table + text[figures:], encoding="utf-8")
    published = root / "config/papers/dcec.published.csv"
    assert published.exists()
    found = whole(plan(protocol="paper", papers="dcec"))
    one, two = found.tables
    assert (one.name, two.name) == ("dcec.table1", "dcec.table2")
    assert one.cpu_hours == pytest.approx(two.cpu_hours)
    assert found.total.cpu_hours < 1.01 * one.cpu_hours
    assert found.shared_jobs == one.jobs - 1


def test_gpu_hours_are_those_of_trainings(plan: Plans) -> None:
    found = whole(plan(protocol="paper", device="cuda"), capacity=20, on_cluster=True)
    hours = {rule.name: rule.gpu_hours for rule in found.rules}
    assert {name for name, gpu in hours.items() if gpu} == {"pretrain", "finetune", "classify"}
    assert found.total.gpu_hours == pytest.approx(sum(hours.values()))
    assert found.total.peak_memory_mib > 2500


def test_only_what_is_to_do_counts(plan: Plans) -> None:
    asked = plan(protocol="paper", datasets="usps")
    todo = {
        PlannedJob("finetune", ("usps", "dec", "0")),
        PlannedJob("evaluate", ("usps", "dec", "0")),
        PlannedJob("a_rule_of_tomorrow", ("x",)),
    }
    found = estimate_plan(Estimator.of(asked), todo, 8, on_cluster=False)
    assert [rule.name for rule in found.rules] == ["finetune", "evaluate", "a_rule_of_tomorrow"]
    assert (found.total.jobs, found.tables[0].jobs, found.whole) == (3, 2, False)
    # One after the other, each with the start of its process.
    both = sum(rule.cpu_hours for rule in found.rules[:2]) + 10 / 3600
    assert found.wall_hours == pytest.approx(both)


def test_nothing_to_do_is_an_empty_estimate(plan: Plans) -> None:
    found = estimate_plan(Estimator.of(plan(protocol="paper")), (), 2, on_cluster=False)
    assert (found.total.jobs, found.wall_hours, found.rules) == (0, 0.0, ())


def test_a_copy_of_the_results_is_read(plan: Plans, root: Path) -> None:
    results = Path(__file__).parents[3] / "results/paper-cpu/provenance"
    shutil.copytree(results, root / "results/paper-cpu/provenance", ignore=lambda *_: {"objects"})
    found = whole(plan(protocol="paper-cpu", papers="dcec", datasets="usps", seeds=1))
    assert found.total.sources["records"] > 0.9
