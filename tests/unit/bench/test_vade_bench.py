"""Tests of the section vade: both sides do the same work."""

import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from clustrace.bench import peer_variational, vade, workload
from clustrace.bench.dense_tables import PEER
from clustrace.bench.losses import EQUAL, agreement
from clustrace.bench.vade import PeerMixture, final_loss, start_of
from clustrace.nets.mixture import DiagonalMixture


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for module in (workload, peer_variational):
        monkeypatch.setattr(module, "BATCH_SIZE", 32)


@pytest.fixture
def data():
    return torch.rand(200, 12, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def clustpy():
    return pytest.importorskip("clustpy", reason="ClustPy is not installed; run make env-bench")


def test_both_sides_do_the_same(clustpy, data):
    start = start_of(data, (16, 8))
    initial = final_loss(*vade._objective(start, data), data)
    before = {k: v.clone() for k, v in start.network.state_dict().items()}
    theirs, mine = vade.train_theirs(start, data), vade.train_ours(start, data, "float32")
    assert mine.loss != initial
    assert mine.loss == pytest.approx(theirs.loss, rel=1e-5)
    assert agreement(mine.loss, theirs.loss, initial, "float32") == EQUAL
    assert len(theirs.steps) == len(mine.steps) == 7
    for name, weights in start.network.state_dict().items():
        assert torch.equal(weights, before[name])


@pytest.mark.slow
def test_the_same_map_gives_the_same_clusters(clustpy, data):
    start = start_of(data, (16, 8))
    theirs, ours = (cluster().labels for cluster in vade._maps(start, data).values())
    # The components start from other k-means runs.
    assert adjusted_rand_score(theirs, ours) > 0.5


def test_the_peer_counts_the_variances_twice():
    parts = torch.tensor([0.4, 0.6]), torch.randn(2, 3), torch.ones(2, 3)
    z = torch.randn(5, 3)
    ours, theirs = (kind(*parts).log_responsibilities(z) for kind in (DiagonalMixture, PeerMixture))
    torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)
    parts[2][0] = 2.0
    twice = PeerMixture(*parts).log_responsibilities(z)
    parts[2][0] = 4.0
    # Half of log 4 is log 2; the distances are those of the variance 2.
    apart = ((z - parts[1][0]).square() * (1 / 4 - 1 / 8)).sum(dim=1)
    once = DiagonalMixture(*parts).log_responsibilities(z)
    odds = (once[:, 0] - once[:, 1]) - (twice[:, 0] - twice[:, 1])
    torch.testing.assert_close(odds, apart, atol=1e-3, rtol=1e-3)


def test_goals():
    def mapped(seconds):
        return [vade.Mapped(each, np.arange(4)) for each in seconds]

    found = {PEER: mapped([2.0, 2.0]), "ours": mapped([1.0, 2.0])}
    assert vade._map_goal(found).verdict == "met"
    assert vade._map_goal({PEER: mapped([1.0]), "ours": mapped([1.2])}).verdict == "missed"
    [row] = vade._map_table(found).rows
    assert (row["ratio"].maximum, row["agreement"]) == (2.0, 1.0)
