"""Measuring: the seconds of each iteration, and variants in turn so that they share the machine."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from clustrace.bench.results import Spread
from clustrace.train.state import FollowingObjective, Objective

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Timed:
    """One short training, measured.

    Attributes:
        steps: seconds of each gradient step, from a batch that is at hand to changed weights.
        waits: seconds before each step in which the next batch was fetched; empty where that
            is part of the step.
        updates: seconds of each update of the objective's state over the whole data set.
        loss: loss over the whole data set after training; None where nobody asked.
    """

    steps: tuple[float, ...]
    waits: tuple[float, ...]
    updates: tuple[float, ...] = ()
    loss: float | None = None

    @property
    def step(self) -> float:
        """Median seconds of a gradient step."""
        return median(self.steps)

    @property
    def wait(self) -> float:
        """Median seconds of waiting for a batch; 0 where that is part of the step."""
        return median(self.waits) if self.waits else 0.0

    @property
    def total(self) -> float:
        """Seconds of all steps with their waits, without the updates."""
        return sum(self.steps) + sum(self.waits)


def in_turn(
    variants: Mapping[str, Callable[[], ResultT]], *, repeats: int
) -> dict[str, list[ResultT]]:
    """Run A B C A B C …, so that whatever else the machine does meets all variants alike."""
    results: dict[str, list[ResultT]] = {name: [] for name in variants}
    for _ in range(repeats):
        for name, variant in variants.items():
            results[name].append(variant())
    return results


def paired_ratio(numerator: Iterable[float], denominator: Iterable[float]) -> Spread:
    """Ratios of the measurements that were made in the same turn."""
    return Spread.of([a / b for a, b in zip(numerator, denominator, strict=True)])


class ClockedObjective:
    """An objective that notes when each iteration begins; it changes nothing else.

    The engine asks ``before_iteration`` before each iteration and once after the last one, so
    the time between two of these calls is a whole gradient step.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self.state = objective.state
        self._calls: list[tuple[float, float]] = []
        self._updated: list[bool] = []

    @property
    def module(self) -> nn.Module:
        """Everything trainable."""
        return self._objective.module

    def before_iteration(self, iteration: int) -> Mapping[str, float] | None:
        """Whatever the objective does, and a note of when."""
        began = time.perf_counter()
        facts = self._objective.before_iteration(iteration)
        self._calls.append((began, time.perf_counter()))
        self._updated.append(facts is not None)
        return facts

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """The objective's losses."""
        return self._objective.losses(batch, index, generator)

    def timed(self) -> Timed:
        """What was measured."""
        starts = [began for began, _ in self._calls[1:]]
        ends = [ended for _, ended in self._calls[:-1]]
        return Timed(
            steps=tuple(start - end for start, end in zip(starts, ends, strict=True)),
            waits=(),
            updates=tuple(
                ended - began
                for (began, ended), updated in zip(self._calls, self._updated, strict=True)
                if updated
            ),
        )


class ClockedFollowingObjective(ClockedObjective):
    """The same for an objective with parts that follow the network; that work is in the step."""

    def after_step(self, batch: Tensor, index: Tensor) -> None:
        """Whatever the objective does."""
        assert isinstance(self._objective, FollowingObjective)
        self._objective.after_step(batch, index)


def clocked(objective: Objective) -> ClockedObjective:
    """An objective with notes of when each iteration begins."""
    if isinstance(objective, FollowingObjective):
        return ClockedFollowingObjective(objective)
    return ClockedObjective(objective)


class ClockedBatches:
    """A data loader that notes how long it takes for a batch, and how long the batch is used."""

    def __init__(self, loader: Iterable[Any]) -> None:
        self._loader = loader
        self._waits: list[float] = []
        self._steps: list[float] = []

    def __iter__(self) -> Iterator[Any]:
        """Batches of one epoch."""
        asked = time.perf_counter()
        for batch in self._loader:
            given = time.perf_counter()
            self._waits.append(given - asked)
            yield batch
            asked = time.perf_counter()
            self._steps.append(asked - given)

    def timed(self) -> Timed:
        """What was measured."""
        return Timed(tuple(self._steps), tuple(self._waits))


@contextlib.contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Give torch's operations a number of threads for a block of code."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
