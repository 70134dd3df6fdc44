"""Tests of the comparison with ClustPy: both sides do the same work."""

import copy
import sys
from dataclasses import replace

import pytest
import torch

from clustrace.bench import peer, workload
from clustrace.bench.losses import EQUAL, agreement
from clustrace.bench.peer import peer_network, require_peer, train_peer
from clustrace.bench.workload import (
    DEC_TASK,
    IDEC_TASK,
    SAE_TASK,
    BatchTargetObjective,
    final_loss,
    steps_an_epoch,
    train_timed,
)
from clustrace.errors import ConfigError
from clustrace.nets.dense import DenseAutoencoder
from clustrace.train.autoencoder import ReconstructionObjective

TASKS = pytest.mark.parametrize("task", [SAE_TASK, DEC_TASK, IDEC_TASK], ids=lambda t: t.slug)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(workload, "BATCH_SIZE", 32)
    monkeypatch.setattr(peer, "BATCH_SIZE", 32)


@pytest.fixture
def clustpy():
    return pytest.importorskip("clustpy", reason="ClustPy is not installed; run make env-bench")


@pytest.fixture
def start():
    network = DenseAutoencoder(12, (16, 8), 4, seed=1)
    data = torch.rand(200, 12, generator=torch.Generator().manual_seed(2))
    return network, network.encode(data[:5]).detach(), data


def ours(task, network, centroids, data):
    network = copy.deepcopy(network)
    if task.clustering:
        objective = BatchTargetObjective(task, network, centroids)
        centroids = objective.centroids.detach()
    else:
        objective = ReconstructionObjective(network)
    steps = 2 * steps_an_epoch(data)
    train_timed(objective, data, iterations=steps, shuffle=not task.clustering)
    return final_loss(task, network, centroids, data)


@TASKS
def test_both_sides_do_the_same(clustpy, start, task):
    network, centroids, data = (part.double() for part in start)
    before = copy.deepcopy(network.state_dict())
    theirs = train_peer(task, network, centroids, data, epochs=2)
    assert ours(task, network, centroids, data) == pytest.approx(theirs.loss, rel=1e-12)
    assert len(theirs.steps) == len(theirs.waits) == 2 * steps_an_epoch(data)
    for name, weights in network.state_dict().items():
        assert torch.equal(weights, before[name])


@TASKS
def test_other_work_on_one_side_is_noticed(clustpy, start, task):
    network, centroids, data = start
    initial = final_loss(task, network, centroids, data)
    mine = ours(task, *start)
    same = train_peer(task, network, centroids, data, epochs=2)
    assert agreement(mine, same.loss, initial, "float32") == EQUAL
    half = train_peer(task, network, centroids, data, epochs=1)
    assert agreement(mine, half.loss, initial, "float32") != EQUAL
    other_weights = DenseAutoencoder(12, (16, 8), 4, seed=9)
    theirs = train_peer(task, other_weights, centroids, data, epochs=2)
    assert agreement(mine, theirs.loss, initial, "float32") != EQUAL


def test_idec_weighs_both_terms_as_the_peer_does(clustpy, start):
    network, centroids, data = start
    initial = final_loss(IDEC_TASK, network, centroids, data)
    other = replace(IDEC_TASK, clustering=1.0)
    theirs = train_peer(other, network, centroids, data, epochs=2)
    assert agreement(ours(IDEC_TASK, *start), theirs.loss, initial, "float32") != EQUAL


def test_the_network_of_the_peer_computes_the_same(clustpy, start):
    network, _, data = start
    theirs = peer_network(network)
    torch.testing.assert_close(theirs(data), network(data)[0])
    assert sum(p.numel() for p in theirs.parameters()) == sum(
        p.numel() for p in network.parameters()
    )


def test_another_version_is_refused(clustpy, monkeypatch):
    require_peer()
    monkeypatch.setattr(clustpy, "__version__", "0.0.4")
    with pytest.raises(ConfigError, match="make env-bench"):
        require_peer()


def test_a_missing_peer_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "clustpy", None)
    with pytest.raises(ConfigError, match="make env-bench"):
        require_peer()
