"""Tests of clustrace.bench.timing."""

import time

import pytest
import torch

from clustrace.bench.timing import (
    ClockedBatches,
    ClockedObjective,
    in_turn,
    paired_ratio,
    torch_threads,
)
from clustrace.nets.dense import DenseAutoencoder
from clustrace.train.autoencoder import ReconstructionObjective
from clustrace.train.engine import TrainingPlan, train
from clustrace.train.optimizers import OptimizerSettings

DATA = torch.rand(20, 6, generator=torch.Generator().manual_seed(0))
PLAN = TrainingPlan(5, 8, OptimizerSettings("adam", 0.01))


def objective():
    return ReconstructionObjective(DenseAutoencoder(6, (4,), 2, seed=1))


class Slow(ReconstructionObjective):
    """Renews its state every other iteration, and takes its time."""

    def before_iteration(self, iteration):
        if iteration % 2:
            return None
        time.sleep(0.02)
        return {"renewed": 1.0}


def test_variants_take_turns():
    order = []
    results = in_turn({n: lambda n=n: order.append(n) or len(order) for n in "ab"}, repeats=3)
    assert "".join(order) == "ababab"
    assert results == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_ratios_are_taken_within_a_turn():
    assert paired_ratio([2.0, 40.0, 9.0], [1.0, 10.0, 3.0]).median == 3.0
    with pytest.raises(ValueError, match="shorter"):
        paired_ratio([1.0, 2.0], [1.0])


def test_a_clocked_training_is_the_same_training():
    plain, watched = objective(), objective()
    train(plain, DATA, PLAN, phase="a", seed=0)
    clocked = ClockedObjective(watched)
    train(clocked, DATA, PLAN, phase="a", seed=0)
    for one, other in zip(plain.module.parameters(), watched.module.parameters(), strict=True):
        assert torch.equal(one, other)
    timed = clocked.timed()
    assert len(timed.steps) == 5
    assert timed.updates == ()
    assert all(seconds > 0 for seconds in timed.steps)


def test_updates_are_no_part_of_steps():
    clocked = ClockedObjective(Slow(DenseAutoencoder(6, (4,), 2)))
    train(clocked, DATA, PLAN, phase="a", seed=0)
    timed = clocked.timed()
    assert len(timed.updates) == 3
    assert min(timed.updates) >= 0.02
    assert timed.total == sum(timed.steps)


def test_waiting_for_a_batch_is_no_part_of_steps():
    def loader():
        for batch in (1, 2, 3):
            time.sleep(0.02)
            yield batch

    batches = ClockedBatches(loader())
    seen = []
    for batch in batches:
        time.sleep(0.001)
        seen.append(batch)
    timed = batches.timed()
    assert seen == [1, 2, 3]
    assert (len(timed.waits), len(timed.steps)) == (3, 3)
    assert min(timed.waits) >= 0.02
    assert min(timed.steps) >= 0.001
    assert timed.total == pytest.approx(sum(timed.waits) + sum(timed.steps))


def test_threads_are_given_back():
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError), torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise RuntimeError
    assert torch.get_num_threads() == before
