"""Optimisers with their schedules, in the papers' conventions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from clustrace.train.lbfgs import SeparateLBFGS

#: A constant, or a function of the iteration (from 0).
Schedule = float | Callable[[int], float]

#: Largest number of points in a line search of L-BFGS, as in minFunc.
_SEARCHED = 25


@dataclass(frozen=True)
class OptimizerSettings:
    """Optimiser of one training phase.

    ``sgd`` is v ← momentum·v + gradient, θ ← θ - learning_rate·v; at a constant rate this is
    the momentum of Keras, Caffe and Theano. With ``nesterov`` it is
    θ ← θ - learning_rate·(gradient + momentum·v), as in DCN's code. ``adam`` has β = (0.9, 0.999).
    ``lbfgs`` is :class:`~clustrace.train.lbfgs.SeparateLBFGS` on all samples at once, which finds
    its steps by itself: of the other settings it has ``memory`` alone.
    """

    name: Literal["sgd", "adam", "lbfgs"] = "adam"
    learning_rate: Schedule = 1e-3
    momentum: Schedule = 0.0
    nesterov: bool = False
    epsilon: float = 1e-8
    bias_rate_factor: float = 1.0
    """Factor on the learning rate of biases (2 in DEC's Caffe nets)."""
    weight_decay: float = 0.0
    """Factor of the weights that is added to their gradient; biases do not decay."""
    memory: int = 20
    """Steps that ``lbfgs`` remembers."""

    def build(self, module: nn.Module) -> torch.optim.Optimizer:
        """Fused optimiser over the parameters of ``module``."""
        if self.name == "lbfgs":
            return SeparateLBFGS(list(module.parameters()), self.memory, _SEARCHED)
        biases = [p for p in module.parameters() if p.requires_grad and p.ndim < 2]
        weights = [p for p in module.parameters() if p.requires_grad and p.ndim >= 2]
        groups = [
            {"params": weights, "rate_factor": 1.0, "weight_decay": self.weight_decay},
            {"params": biases, "rate_factor": self.bias_rate_factor},
        ]
        groups = [group for group in groups if group["params"]]
        rate = at(self.learning_rate, 0)
        if self.name == "sgd":
            momentum = at(self.momentum, 0)
            # torch takes no nesterov without momentum, where it would be the same.
            nesterov = self.nesterov and momentum > 0
            return torch.optim.SGD(
                groups, lr=rate, momentum=momentum, nesterov=nesterov, fused=True
            )
        return torch.optim.Adam(groups, lr=rate, eps=self.epsilon, fused=True)

    def schedule(self, optimizer: torch.optim.Optimizer, iteration: int) -> None:
        """Set learning rate and momentum of an iteration."""
        if self.name == "lbfgs":
            return
        for group in optimizer.param_groups:
            group["lr"] = at(self.learning_rate, iteration) * group["rate_factor"]
            if self.name == "sgd":
                group["momentum"] = at(self.momentum, iteration)


def at(schedule: Schedule, iteration: int) -> float:
    """Value of a schedule at an iteration."""
    return schedule(iteration) if callable(schedule) else schedule


def step_decay(initial: float, factor: float, every: int) -> Callable[[int], float]:
    """Learning rate that is multiplied by ``factor`` after each ``every`` iterations."""
    return lambda iteration: initial * factor ** (iteration // every)


def floored_decay(
    initial: float, factor: float, every: int, floor: float
) -> Callable[[int], float]:
    """As :func:`step_decay`, but never below ``floor``."""
    decayed = step_decay(initial, factor, every)
    return lambda iteration: max(floor, decayed(iteration))


def linear_ramp(final: float, iterations: int) -> Callable[[int], float]:
    """Value that rises linearly from 0 to ``final`` over ``iterations``, then stays."""
    return lambda iteration: final * min(1.0, iteration / iterations)


def after(value: float, iterations: int, before: float = 0.0) -> Callable[[int], float]:
    """``before`` for a number of iterations, then ``value``."""
    return lambda iteration: value if iteration >= iterations else before


def linear_change(initial: float, final: float, iterations: int) -> Callable[[int], float]:
    """Value that goes linearly from ``initial`` to ``final`` over ``iterations``, then stays."""
    return lambda iteration: initial + (final - initial) * min(1.0, iteration / iterations)
