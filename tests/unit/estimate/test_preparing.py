"""What preparing data takes, and the size of sparse samples."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clustrace.config.plan import Plan
from clustrace.estimate.estimates import Estimator
from clustrace.estimate.jobs import PlannedJob
from clustrace.estimate.preparing import preparing, samples_of
from clustrace.estimate.work import Samples, work_of

Plans = Callable[..., Plan]


def test_sparse_samples_count_what_is_stored(plan: Plans) -> None:
    samples = samples_of(plan(protocol="paper"), "20newsgroups-rcv1-words", "all")
    assert (samples.count, samples.features) == (18846, 2000)
    assert samples.stored == pytest.approx(1127626 / 18846)
    # As the artefact has them: float32 and int32 a value, int64 a row.
    assert samples.bytes == 8 * 1127626 + 8 * 18847


def test_drawn_samples_have_their_share_of_the_values(plan: Plans) -> None:
    asked = plan(protocol="paper")
    drawn = samples_of(asked, "20newsgroups-rcv1-words", "2000")
    assert drawn.stored == samples_of(asked, "20newsgroups-rcv1-words", "all").stored
    assert drawn.bytes < 1_200_000


def test_dense_samples_count_all_values(plan: Plans) -> None:
    asked = plan(protocol="paper")
    assert samples_of(asked, "synthetic", "all") == Samples(10000, (100,))
    assert samples_of(asked, "usps", "300").bytes == 4 * 300 * 256


def test_all_of_rcv1_stays_below_four_gigabytes(plan: Plans) -> None:
    asked = plan(protocol="paper")
    assert preparing(asked, "rcv1-20", "all").memory < 3.5e9
    assert preparing(asked, "rcv1-20", "all").bytes < 0.2e9
    assert samples_of(asked, "rcv1-20", "all").bytes < 0.2e9


def test_messages_take_about_as_long_as_they_did(plan: Plans) -> None:
    asked = plan(protocol="paper")
    found = preparing(asked, "20newsgroups", "all")
    assert 8 < found.seconds < 40
    assert preparing(asked, "20newsgroups", "2000").seconds < found.seconds / 4


def test_kmeans_on_sparse_samples_computes_with_what_is_stored(plan: Plans) -> None:
    settings = plan(protocol="paper").run_settings("usps", "kmeans", "0")
    dense, sparse = (
        work_of(settings, Samples(1000, (2000,), nonzeros)) for nonzeros in (None, 50.0)
    )
    assert dense is not None and sparse is not None
    assert dense.distances == pytest.approx(40 * sparse.distances)


def test_jobs_that_prepare_and_fetch_are_estimated_from_it(plan: Plans) -> None:
    estimator = Estimator.of(plan(protocol="paper"))
    found = estimator.of_job(PlannedJob("prepare", ("20newsgroups", "all")))
    assert found.bytes == preparing(estimator.plan, "20newsgroups", "all").bytes
    assert estimator.of_job(PlannedJob("fetch", ("rcv1",))).memory_mib < 4096
