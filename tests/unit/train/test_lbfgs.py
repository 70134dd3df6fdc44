"""Tests of clustrace.train.lbfgs and line_search: conditions, optima, independence, resuming."""

import itertools

import pytest
import torch
from torch import nn

from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.engine import full_batch, train
from clustrace.train.lbfgs import SeparateLBFGS
from clustrace.train.line_search import Point, strong_wolfe
from clustrace.train.session import training_session

NOTHING = torch.zeros(1, 1)


class _Valleys:
    """Rosenbrock functions with curvatures of their own, one a problem."""

    def __init__(self, starts, curvatures):
        self.module = nn.ParameterList(nn.Parameter(torch.tensor(start)) for start in starts)
        self.curvatures = curvatures
        self.state = {}
        self.asked = []
        self.kill_at = None

    def before_iteration(self, iteration):
        if iteration == self.kill_at:
            raise KeyboardInterrupt

    def evaluate(self, data, problems):
        self.asked.append(tuple(problems))
        losses = []
        for k in problems:
            a, b = self.module[k].detach().tolist()
            c = self.curvatures[k]
            losses.append((1 - a) ** 2 + c * (b - a * a) ** 2)
            slopes = [-2 * (1 - a) - 4 * c * a * (b - a * a), 2 * c * (b - a * a)]
            self.module[k].grad = torch.tensor(slopes)
        return losses


STARTS = ([-1.2, 1.0], [2.0, 2.0], [0.0, -1.0], [-0.5, 3.0])
CURVATURES = (100.0, 10.0, 1.0, 30.0)


def _plan(iterations=80):
    return full_batch(iterations, 1, 5)


def test_all_problems_reach_their_minimum_and_the_training_ends_there():
    valleys = _Valleys(STARTS, CURVATURES)
    history = train(valleys, NOTHING, _plan(), phase="a", seed=0)
    for x in valleys.module:
        torch.testing.assert_close(x.detach(), torch.ones(2), atol=1e-3, rtol=0)
    losses = [row["loss"] for row in history.rows]
    assert losses == sorted(losses, reverse=True)
    assert history.iterations < 80


@pytest.mark.parametrize("k", range(4))
def test_a_problem_gets_the_same_bits_alone(k):
    together = _Valleys(STARTS, CURVATURES)
    train(together, NOTHING, _plan(12), phase="a", seed=0)
    alone = _Valleys(STARTS[k : k + 1], CURVATURES[k : k + 1])
    train(alone, NOTHING, _plan(12), phase="a", seed=0)
    assert torch.equal(alone.module[0], together.module[k])


def test_in_a_line_search_those_alone_are_evaluated_that_still_search():
    valleys = _Valleys(STARTS, CURVATURES)
    train(valleys, NOTHING, _plan(12), phase="a", seed=0)
    assert {len(asked) for asked in valleys.asked} >= {1, 4}


@pytest.mark.parametrize("kills", [[0], [1], [7, 8], [11]])
def test_killed_and_resumed_equals_undisturbed_bit_for_bit(tmp_path, kills):
    undisturbed = _Valleys(STARTS, CURVATURES)
    expected = train(undisturbed, NOTHING, _plan(14), phase="a", seed=0)
    for kill in [*kills, None]:
        valleys = _Valleys(STARTS, CURVATURES)
        valleys.kill_at = kill
        with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)):
            try:
                history = train(valleys, NOTHING, _plan(14), phase="a", seed=0)
            except KeyboardInterrupt:
                continue
    assert history.rows == expected.rows
    for mine, other in zip(valleys.module, undisturbed.module, strict=True):
        assert torch.equal(mine, other)


def test_a_finished_training_is_not_repeated(tmp_path):
    for _ in range(2):
        valleys = _Valleys(STARTS, CURVATURES)
        with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)):
            train(valleys, NOTHING, _plan(5), phase="a", seed=0)
    assert not valleys.asked


def test_a_start_at_the_minimum_stays_there():
    valleys = _Valleys([[1.0, 1.0]], [100.0])
    history = train(valleys, NOTHING, _plan(), phase="a", seed=0)
    assert torch.equal(valleys.module[0], torch.ones(2))
    assert history.iterations <= 1


def test_a_quadratic_is_solved_in_as_many_steps_as_it_has_dimensions():
    scales = torch.tensor([1.0, 3.0, 10.0, 0.2])
    x = nn.Parameter(torch.ones(4))
    optimizer = SeparateLBFGS([x], memory=6, evaluations=25)

    def evaluate(problems):
        x.grad = scales * x.detach()
        return [float((scales * x.detach() ** 2).sum() / 2)]

    for _ in range(12):
        loss = optimizer.step(evaluate)
    assert loss[0] < 1e-7


FUNCTIONS = {
    "parabola": (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3)),
    "steep": (lambda t: (t - 0.001) ** 2 * 1e3, lambda t: 2e3 * (t - 0.001)),
    "far": (lambda t: (t - 500) ** 2 * 1e-4, lambda t: 2e-4 * (t - 500)),
    "quartic": (lambda t: t**4 - 2 * t**2 - 0.1 * t, lambda t: 4 * t**3 - 4 * t - 0.1),
    "wall": (lambda t: (t - 0.5) ** 2 if t < 0.8 else float("nan"), lambda t: 2 * (t - 0.5)),
}


@pytest.mark.parametrize("step", [1e-3, 1.0, 40.0])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_strong_wolfe_conditions_hold(name, step):
    value, slope = FUNCTIONS[name]
    search = strong_wolfe(Point(0.0, value(0.0), slope(0.0)), step, 50)
    asked = next(search)
    while True:
        try:
            asked = search.send(Point(asked, value(asked), slope(asked)))
        except StopIteration as end:
            found = end.value
            break
    assert found.step == asked, "the point that is taken was the last one asked for"
    assert found.value <= value(0) + 1e-4 * found.step * slope(0)
    assert abs(found.slope) <= 0.9 * abs(slope(0))


def test_a_line_that_only_rises_ends_at_its_start():
    search = strong_wolfe(Point(0.0, 0.0, -1.0), 1.0, 10)
    asked = [next(search)]
    for _ in itertools.count():
        try:
            asked.append(search.send(Point(asked[-1], asked[-1], 1.0 if asked[-1] else -1.0)))
        except StopIteration as end:
            assert end.value.step == 0 == asked[-1]
            break
    assert len(asked) <= 11
