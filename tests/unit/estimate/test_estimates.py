"""What planned jobs take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clustrace.config.experiment import load_experiment
from clustrace.config.plan import Plan
from clustrace.estimate.classical import CLASSICAL
from clustrace.estimate.estimates import Estimator, Source
from clustrace.estimate.jobs import RUN, PlannedJob, PlannedJobs
from clustrace.estimate.rates import benchmarked
from clustrace.estimate.records import Costs
from clustrace.estimate.work import Samples, Work, work_of
from clustrace.files import read_json

ROOT = Path(__file__).parents[3]
Plans = Callable[..., Plan]
Write = Callable[..., Path]
SAE = PlannedJob("pretrain", ("usps", "sae", "0"))


def test_a_recorded_job_takes_what_it_took(plan: Plans, record: Write) -> None:
    asked = plan(protocol="paper")
    record(asked, "pretrain", "usps", "sae", "0", seconds=40.0, recording_seconds=2.0)
    record(asked, "pretrain", "usps", "sae", "1", seconds=60.0, peak_memory_mib=1000.0)
    found = Estimator.of(asked).of_job(PlannedJob("pretrain", ("usps", "sae", "4")))
    assert (found.source, found.seconds, found.memory_mib) == (Source.RECORDS, 51.0, 1000.0)
    assert (found.bytes, found.gpu) == (1000, False)


def test_a_record_of_other_settings_is_scaled_by_the_operations(plan: Plans, record: Write) -> None:
    asked = plan(protocol="paper")
    fewer = asked.run_settings("usps", "sae", "0")
    fewer["arguments"]["epochs"] //= 4
    counted = Estimator.of(asked).of_job(SAE).seconds
    record(asked, "pretrain", "usps", "sae", "0", parameters=fewer, seconds=counted / 2)
    found = Estimator.of(asked).of_job(SAE)
    assert found.source is Source.SCALED
    assert found.seconds == pytest.approx(2 * counted, rel=0.05)


def test_a_record_of_another_data_set_and_protocol_is_scaled(plan: Plans, record: Write) -> None:
    record(plan(protocol="paper-cpu"), "finetune", "usps", "idec", "0", seconds=50.0)
    asked = plan(protocol="paper")
    small, large = (
        Estimator.of(asked).of_job(PlannedJob("finetune", (dataset, "idec", "0")))
        for dataset in ("usps", "mnist-full")
    )
    assert small.source is Source.SCALED
    assert small.seconds == pytest.approx(50.0)
    assert large.seconds > 1.2 * small.seconds


@pytest.mark.parametrize(
    "change",
    [
        {"device": "cuda"},
        {"outcome": {"status": "diverged", "reason": "nan", "origin": "pretrain"}},
        {"seconds": -1.0},
    ],
)
def test_records_that_tell_nothing_are_passed_over(
    plan: Plans, record: Write, change: dict[str, object]
) -> None:
    asked = plan(protocol="paper")
    record(asked, "pretrain", "usps", "sae", "0", **change)
    assert Estimator.of(asked).of_job(SAE).source is Source.COUNTED


def test_a_broken_record_is_passed_over(plan: Plans, record: Write) -> None:
    asked = plan(protocol="paper")
    record(asked, "pretrain", "usps", "sae", "0").write_text("{", encoding="utf-8")
    assert Estimator.of(asked).of_job(SAE).source is Source.COUNTED


def test_a_tiny_job_says_nothing_about_a_large_one(plan: Plans, record: Write) -> None:
    record(plan(protocol="smoke"), "pretrain", "usps", "sae", "0", seconds=1.0)
    assert Estimator.of(plan(protocol="paper")).of_job(SAE).source is Source.COUNTED


def test_seeds_of_a_block_come_one_after_the_other(plan: Plans) -> None:
    one, four = (
        Estimator.of(plan(protocol="quick", seeds=seeds)).of_job(
            PlannedJob("pretrain", ("usps", "sae", block))
        )
        for seeds, block in ((1, "0"), (4, "0-3"))
    )
    assert 3.0 < four.seconds / one.seconds <= 4.0
    assert four.bytes == 4 * one.bytes


def test_trainings_alone_go_to_the_gpu(plan: Plans) -> None:
    estimator = Estimator.of(plan(protocol="paper", device="cuda"))
    jobs = PlannedJobs(estimator.plan).all
    on_gpu = {job.rule for job in jobs if estimator.of_job(job).gpu}
    assert on_gpu == {"pretrain", "finetune", "classify"}


def test_an_estimator_that_nobody_counted_gets_an_assumption(plan: Plans, root: Path) -> None:
    method = root / "config/methods/kmeans.yaml"
    text = method.read_text(encoding="utf-8")
    method.write_text(text.replace("clustrace.cluster.kmeans:KMeans", "clustrace.cluster.new:New"))
    found = Estimator.of(plan(protocol="paper")).of_job(
        PlannedJob("cluster", ("usps", "kmeans", "0"))
    )
    assert (found.source, found.seconds) == (Source.ASSUMED, 3600.0)


@pytest.mark.parametrize("protocol", ["smoke", "quick", "paper-cpu", "paper"])
def test_every_method_of_this_version_is_counted(plan: Plans, protocol: str) -> None:
    asked = plan(protocol=protocol)
    for job in PlannedJobs(asked).all:
        if job.rule in RUN:
            settings = asked.run_settings(*job.wildcards)
            assert work_of(settings, Samples(100, (16, 16))) is not None, job.name


def _dcn_work(plan: Plan, method: str, **changes: object) -> Work:
    settings = plan.run_settings("20newsgroups", method, "0")
    settings["arguments"] |= changes
    work = work_of(settings, Samples(18_846, (2000,)))
    assert work is not None
    return work


def test_dcn_is_counted_by_its_epochs_and_terms(plan: Plans) -> None:
    asked = plan(protocol="paper")
    dcn, half = _dcn_work(asked, "dcn"), _dcn_work(asked, "dcn", epochs=25)
    assert (dcn.steps, dcn.updates) == (50 * 943, 51)
    assert dcn.dense / half.dense == pytest.approx(2, rel=0.02)
    assert _dcn_work(asked, "dcn-no-reconstruction").dense < 0.7 * dcn.dense


def test_a_stacked_autoencoder_is_counted_by_its_layers(plan: Plans) -> None:
    asked = plan(protocol="paper")
    layers = _dcn_work(asked, "dcn-sae")
    assert layers.steps == 10 * 943 * 3
    assert layers.hidden == 4 * 18_846 * 250
    assert _dcn_work(asked, "dcn-code-new-sae").steps == layers.steps + 10 * 943


def test_scores_of_each_epoch_take_their_time(plan: Plans) -> None:
    estimator = Estimator.of(plan(protocol="paper"))
    epochs, once = (
        estimator.of_job(PlannedJob("evaluate", ("20newsgroups", method, "0"))).seconds
        for method in ("dcn", "dcn-sae-kmeans")
    )
    assert epochs > 1.5 * once


def test_more_samples_and_larger_ones_take_longer(plan: Plans) -> None:
    asked = plan(protocol="paper")
    estimator = Estimator.of(asked)
    methods = [m.slug for m in asked.experiment.methods.values() if m.stage == "cluster"]
    assert len(methods) > len(CLASSICAL)
    for method in methods:
        usps, mnist, full = (
            estimator.of_job(PlannedJob("cluster", (dataset, method, "0"))).seconds
            for dataset in ("usps", "mnist-test", "mnist-full")
        )
        assert usps < mnist < full


def test_all_pairs_are_counted_in_memory_only_where_they_are_kept(plan: Plans) -> None:
    asked = plan(protocol="paper")
    settings = asked.run_settings("mnist-full", "spectral", "0")
    kept, anew = (Samples(n, (28, 28)) for n in (10_000, 10_001))
    works = [work_of(settings, samples) for samples in (kept, anew)]
    assert works[0] is not None and works[1] is not None
    assert works[0].copies * kept.bytes > 8 * 10_000**2 > works[1].copies * anew.bytes
    assert works[1].dense > 5 * works[0].dense


def test_counted_trainings_of_paper_cpu_took_about_as_long_as_recorded() -> None:
    """The machine was busy while the records were made; a count is within a factor of four.

    Fine-tunings are counted to the step where the recorded one stopped.
    """
    experiment = load_experiment(ROOT, {"protocol": "paper-cpu"})
    plan, costs, machine = Plan(experiment), Costs(experiment.layout), benchmarked(ROOT)
    ratios = {}
    for job in PlannedJobs(plan).all:
        if job.rule not in ("pretrain", "finetune", "cluster"):
            continue
        cost = costs.exactly(job, "paper-cpu")
        if cost is None:
            continue
        record = experiment.layout.record("paper-cpu", job.rule, *job.wildcards)
        if read_json(record)["environment"]["processor"] not in machine.source:
            pytest.skip("results/bench.json was measured on another processor than the records")
        dataset, method, block = job.wildcards
        settings = plan.run_settings(dataset, method, block)
        if job.rule == "finetune":
            settings["arguments"]["max_iterations"] = _steps(plan, job)
        declared = experiment.dataset(dataset)
        work = work_of(settings, Samples(declared.samples, tuple(declared.image_shape or ())))
        assert work is not None
        counted = 3.0 + machine.rates("cpu", cost.threads, "float32").seconds(work)
        ratios[job.name] = cost.seconds / counted
    assert len(ratios) >= 10
    assert all(0.25 < ratio < 4.0 for ratio in ratios.values()), ratios


def _steps(plan: Plan, job: PlannedJob) -> int:
    history = plan.experiment.layout.history("paper-cpu", *job.wildcards)
    lines = history.read_text(encoding="utf-8").splitlines()
    return int(lines[-1].split(",")[lines[0].split(",").index("iteration")])


def test_memory_of_paper_cpu_is_counted_as_recorded() -> None:
    # On two threads no record of one thread counts as the job's own.
    given = {"protocol": "paper-cpu", "datasets": "usps", "threads": 2}
    estimator = Estimator.of(Plan(load_experiment(ROOT, given)))
    costs = Costs(estimator.plan.experiment.layout)
    compared = 0
    for job in PlannedJobs(estimator.plan).all:
        cost = costs.exactly(job, "paper-cpu") if job.rule in RUN else None
        if cost is not None:
            counted = estimator.of_job(job).memory_mib
            assert 0.6 < cost.peak_memory_mib / counted < 1.3, job.name
            compared += 1
    assert compared >= 10
