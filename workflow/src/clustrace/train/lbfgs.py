"""L-BFGS for several independent problems at once, each with its own memory and line search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.linalg
import torch
from torch import Tensor, nn

from clustrace.train.line_search import LineSearch, Point, strong_wolfe

#: Losses of some of the problems at their present values; sets the gradients of these.
Evaluation = Callable[[Sequence[int]], Sequence[float]]

_CURVATURE = 1e-10
_GRADIENT, _PROGRESS = 1e-5, 1e-9


class SeparateLBFGS(torch.optim.Optimizer):
    r"""L-BFGS where each parameter, a vector, is a problem of its own.

    With the last m steps :math:`s_i = x_{i+1} - x_i` and changes of the gradient
    :math:`y_i = g_{i+1} - g_i` as columns of S and Y, R the upper triangle of :math:`S^\top Y`, D
    its diagonal and :math:`\gamma = s_m^\top y_m / y_m^\top y_m`, the direction is

    .. math::
        -\gamma g - S R^{-\top} \left( (D + \gamma Y^\top Y) R^{-1} S^\top g
        - \gamma Y^\top g \right) + \gamma Y R^{-1} S^\top g

    (Byrd, Nocedal, Schnabel 1994, theorem 2.2), followed by a line search for the strong Wolfe
    conditions. All problems take a step at a time; in a line search only those that still search
    are evaluated. What happens to a problem does not depend on the others, down to the bits, so
    trained together or one by one they come out equal. A problem that has converged (no entry of
    its gradient above 1e-5, or no entry changed by more than 1e-9) stays where it is.

    Args:
        problems: a vector of parameters each.
        memory: m.
        evaluations: largest number of points in a line search.
    """

    def __init__(self, problems: Sequence[nn.Parameter], memory: int, evaluations: int) -> None:
        super().__init__(problems, {"memory": memory, "evaluations": evaluations})

    @property
    def converged(self) -> bool:
        """Whether no problem can go on."""
        begun = bool(self.state)
        return begun and all(bool(self.state[each]["converged"]) for each in self._problems)

    @torch.no_grad()
    def step(self, evaluate: Evaluation) -> list[float]:  # type: ignore[override]
        """Take one step of each problem.

        Args:
            evaluate: losses and gradients of some problems at their present values.

        Returns:
            Loss of each problem after the step.
        """
        if not self.state:
            self._begin(evaluate)
        searches: dict[int, LineSearch] = {}
        for index, problem in enumerate(self._problems):
            if not self.state[problem]["converged"]:
                searches[index] = self._search(problem)
        points = self._searched(searches, evaluate)
        for index, point in points.items():
            self._moved(self._problems[index], point)
        return [float(self.state[problem]["loss"]) for problem in self._problems]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore memory and iterates, in the types in which they were saved.

        PyTorch's own would turn all of them into the type of the parameters.
        """
        self.state.clear()
        for index, values in state_dict["state"].items():
            problem = self._problems[index]
            self.state[problem] = {k: v.to(problem.device) for k, v in values.items()}

    @property
    def _problems(self) -> list[nn.Parameter]:
        return [problem for group in self.param_groups for problem in group["params"]]

    def _begin(self, evaluate: Evaluation) -> None:
        memory = self.defaults["memory"]
        losses = evaluate(range(len(self._problems)))
        for problem, loss in zip(self._problems, losses, strict=True):
            gradient = _gradient(problem)
            self.state[problem] = {
                "loss": torch.tensor(loss, dtype=torch.float64),
                "gradient": gradient.clone(),
                "steps": torch.tensor(0),
                "converged": torch.tensor(bool(gradient.abs().max() <= _GRADIENT)),
                # Steps, then changes of the gradient; pairs take turns.
                "pairs": problem.new_zeros(2 * memory, problem.numel()),
                "products": torch.zeros(2 * memory, 2 * memory, dtype=torch.float64),
                "of-gradient": torch.zeros(2 * memory, dtype=torch.float64),
                "kept": torch.tensor(0),
            }

    def _search(self, problem: nn.Parameter) -> LineSearch:
        """Line search of a problem along its next direction, which is noted in its state."""
        state = self.state[problem]
        gradient: Tensor = state["gradient"]
        direction = _direction(state)
        slope = _dot(gradient, direction)
        if not slope < 0:  # rounding has spoilt the memory
            state["kept"].zero_()
            direction = -gradient
            slope = _dot(gradient, direction)
        state["direction"], state["start"] = direction, problem.detach().clone()
        first = int(state["kept"]) == 0
        step = min(1.0, 1.0 / float(gradient.abs().sum())) if first else 1.0
        start = Point(0.0, float(state["loss"]), slope)
        return strong_wolfe(start, step, self.defaults["evaluations"])

    def _searched(self, searches: dict[int, LineSearch], evaluate: Evaluation) -> dict[int, Point]:
        """Run the line searches to their ends, with one evaluation for all that go on."""
        steps = {index: next(search) for index, search in searches.items()}
        points: dict[int, Point] = {}
        while steps:
            for index, step in steps.items():
                problem = self._problems[index]
                state = self.state[problem]
                torch.add(state["start"], state["direction"], alpha=step, out=problem)
            losses = evaluate(tuple(steps))
            asked, steps = steps, {}
            for (index, step), loss in zip(asked.items(), losses, strict=True):
                problem = self._problems[index]
                slope = _dot(_gradient(problem), self.state[problem]["direction"])
                try:
                    steps[index] = searches[index].send(Point(step, loss, slope))
                except StopIteration as end:
                    points[index] = end.value
        return points

    def _moved(self, problem: nn.Parameter, point: Point) -> None:
        """Note what a step has done; the problem and its gradient are those of ``point``."""
        state = self.state[problem]
        gradient = _gradient(problem)
        step = state.pop("direction").mul_(point.step)
        del state["start"]
        change = gradient - state["gradient"]
        still = float(step.abs().max()) <= _PROGRESS or float(gradient.abs().max()) <= _GRADIENT
        state["converged"] = torch.tensor(still)
        state["loss"] = torch.tensor(point.value, dtype=torch.float64)
        state["gradient"].copy_(gradient)
        state["steps"] += 1
        _remember(state, step, change)


def _gradient(problem: nn.Parameter) -> Tensor:
    assert problem.grad is not None
    return problem.grad


def _dot(first: Tensor, second: Tensor) -> float:
    return float(torch.dot(first, second))


def _remember(state: dict[str, Tensor], step: Tensor, change: Tensor) -> None:
    """Keep a pair in place of the oldest, and products of all pairs with each other and with g."""
    pairs, products = state["pairs"], state["products"]
    memory = len(pairs) // 2
    if _dot(step, change) <= _CURVATURE:
        state["of-gradient"].copy_(pairs @ state["gradient"])
        return
    place = int(state["kept"]) % memory
    rows = [place, memory + place]
    pairs[place], pairs[memory + place] = step, change
    state["kept"] += 1
    new = torch.stack([step, change, state["gradient"]]) @ pairs.T
    products[rows] = new[:2].double()
    products[:, rows] = new[:2].T.double()
    state["of-gradient"].copy_(new[2])


def _direction(state: dict[str, Tensor]) -> Tensor:
    """The direction of :class:`SeparateLBFGS`."""
    gradient, pairs, kept = state["gradient"], state["pairs"], int(state["kept"])
    memory = len(pairs) // 2
    if kept == 0:
        return -gradient
    first = max(0, kept - memory)
    order = np.arange(first, kept) % memory  # oldest first
    products = state["products"].cpu().numpy()
    of_gradient = state["of-gradient"].cpu().numpy()
    r = np.triu(products[np.ix_(order, memory + order)])
    yy = products[np.ix_(memory + order, memory + order)]
    gamma = r[-1, -1] / yy[-1, -1]
    u = scipy.linalg.solve_triangular(r, of_gradient[order])
    v = r.diagonal() * u + gamma * (yy @ u - of_gradient[memory + order])
    weights = np.zeros(2 * memory)
    weights[order] = -scipy.linalg.solve_triangular(r, v, trans="T")
    weights[memory + order] = gamma * u
    combined = torch.from_numpy(weights).to(pairs)
    return torch.addmv(gradient, pairs.T, combined, beta=-gamma)
