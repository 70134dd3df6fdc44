"""Tests of the section dcn: both sides do the same work."""

import pytest
import torch

from clustrace.bench import dcn, peer, workload
from clustrace.bench.dcn import (
    DCN_TASKS,
    final_loss,
    start_of,
    train_ours,
    train_theirs,
)
from clustrace.bench.dense_tables import PEER, Comparison
from clustrace.bench.losses import EQUAL, agreement
from clustrace.bench.timing import Timed, clocked
from clustrace.cluster.dcn import DCNObjective
from clustrace.train.autoencoder import ReconstructionObjective
from clustrace.train.state import FollowingObjective


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for module in (workload, peer):
        monkeypatch.setattr(module, "BATCH_SIZE", 32)


@pytest.fixture
def data():
    return torch.rand(200, 12, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def clustpy():
    return pytest.importorskip("clustpy", reason="ClustPy is not installed; run make env-bench")


def test_both_sides_do_the_same(clustpy, data):
    start = start_of(data, (16, 8))
    initial = final_loss(start.network, start.centroids, data)
    before = {k: v.clone() for k, v in start.network.state_dict().items()}
    labels, centroids = start.labels.clone(), start.centroids.clone()
    theirs = train_theirs(start, data)
    mine = train_ours(start, data, "float32")
    assert mine.loss == pytest.approx(theirs.loss, rel=1e-5)
    assert agreement(mine.loss, theirs.loss, initial, "float32") == EQUAL
    assert len(theirs.steps) == len(mine.steps) == 7
    assert torch.equal(start.labels, labels) and torch.equal(start.centroids, centroids)
    for name, weights in start.network.state_dict().items():
        assert torch.equal(weights, before[name])


def test_the_same_start_gives_the_same_end(data):
    start = start_of(data, (16, 8))
    losses = {train_ours(start, data, "float32").loss for _ in range(2)}
    assert len(losses) == 1


def test_loss_by_hand(data):
    start = start_of(data, (16, 8))
    found = final_loss(start.network, start.centroids, data)
    with torch.no_grad():
        x, z = start.network(data)
    distances = ((z[:, None] - start.centroids[None]) ** 2).sum(dim=2).min(dim=1)[0]
    expected = ((x - data) ** 2).sum(dim=1) + 0.5 * distances
    assert found == pytest.approx(expected.mean().item(), rel=1e-5)


def test_what_follows_the_network_is_in_the_step(data):
    start = start_of(data, (16, 8))
    network = start.network
    follows = DCNObjective(
        network,
        start.centroids.numpy(),
        start.labels.numpy(),
        data,
        dcn._SETTINGS,
        steps_an_epoch=7,
    )
    assert isinstance(clocked(follows), FollowingObjective)
    assert not isinstance(clocked(ReconstructionObjective(network)), FollowingObjective)
    timed = train_ours(start, data, "float32")
    assert len(timed.updates) == 2


def _compared(task, ours):
    turns = {
        PEER: [Timed((0.012,) * 4, (), loss=0.5)],
        "float32": [Timed((ours,) * 4, (), updates=(0.1, 0.2), loss=0.5)],
        "bfloat16": [Timed((ours / 2,) * 4, (), loss=0.9)],
    }
    return Comparison(task, 1, 1.0, turns)


def test_each_network_and_precision_has_a_goal():
    large, small = DCN_TASKS
    goals = list(dcn._goals([_compared(large, 0.006), _compared(small, 0.003)]))
    assert [goal.verdict for goal in goals] == ["missed", "not shown", "met", "not shown"]
    assert "784-500-500-2000-10 in float32" in goals[0].text
    [first, _] = dcn._noting_table([_compared(large, 0.006), _compared(small, 0.003)]).rows
    assert first["noting"].median == pytest.approx(200)
    assert first["epoch"].median == pytest.approx(0.224)
