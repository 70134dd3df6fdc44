"""What factorizations with a graph share: starts, and iterations until the objective settles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

#: Denominators of multiplicative updates are at least this, as in the authors' code.
LEAST = 1e-10

#: U and V.
Factors: TypeAlias = tuple[np.ndarray, np.ndarray]


class Latest:
    """A product with a factor that is kept until another factor comes.

    The objective and the next update need the same products of the same factors.

    Args:
        product: what is computed of a factor, which nobody may change in place.
    """

    def __init__(self, product: Callable[[np.ndarray], np.ndarray]) -> None:
        self._product = product
        self._kept: tuple[np.ndarray, np.ndarray] | None = None

    def __call__(self, factor: np.ndarray) -> np.ndarray:
        """The product with the factor."""
        if self._kept is None or self._kept[0] is not factor:
            self._kept = (factor, self._product(factor))
        return self._kept[1]


class Factorization(Protocol):
    """A problem with two non-negative factors."""

    def start(self, generator: np.random.Generator) -> Factors:
        """Factors drawn at random."""

    def updated(self, u: np.ndarray, v: np.ndarray) -> Factors:
        """Both factors after one multiplicative update of each."""

    def rescaled(self, u: np.ndarray, v: np.ndarray) -> Factors:
        """The same product, as it goes into the objective and the next update."""

    def objective(self, u: np.ndarray, v: np.ndarray) -> float:
        """What is minimised."""


@dataclass(frozen=True)
class Schedule:
    """How long a factorization goes on.

    Attributes:
        n_restarts: random starts.
        restart_iterations: iterations of each.
        tolerance: relative fall of the smoothed objective at which it ends.
        max_iter: most iterations after the starts.
    """

    n_restarts: int
    restart_iterations: int
    tolerance: float
    max_iter: int


@dataclass(frozen=True)
class Solution:
    """Where a factorization ended.

    Attributes:
        u: first factor.
        v: second factor.
        objective: value reached.
        n_iter: iterations after the starts.
    """

    u: np.ndarray
    v: np.ndarray
    objective: float
    n_iter: int


def factorize(
    problem: Factorization, schedule: Schedule, generator: np.random.Generator
) -> Solution:
    """The best of several short starts, continued until a smoothed objective settles."""
    starts = [_start(problem, schedule, generator) for _ in range(schedule.n_restarts)]
    objective, u, v = min(starts, key=lambda start: start[0])
    smoothed, iteration = 10 * objective, 0
    while iteration < schedule.max_iter:
        u, v = problem.rescaled(*problem.updated(u, v))
        objective = problem.objective(u, v)
        iteration += 1
        # The authors' rule: a tenth of the past, nine tenths of the present.
        smoothed = 0.1 * smoothed + 0.9 * objective
        if smoothed - objective <= schedule.tolerance * smoothed:
            break
    return Solution(u, v, objective, iteration)


def _start(
    problem: Factorization, schedule: Schedule, generator: np.random.Generator
) -> tuple[float, np.ndarray, np.ndarray]:
    u, v = problem.start(generator)
    for _ in range(schedule.restart_iterations):
        u, v = problem.updated(u, v)
    u, v = problem.rescaled(u, v)
    return problem.objective(u, v), u, v
