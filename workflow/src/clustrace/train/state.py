"""State of a training under way, and how it is saved and restored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from clustrace.train.checkpoints import Checkpoint


class Trained(Protocol):
    """What is trained.

    Attributes:
        module: everything trainable.
        state: further tensors that change during training and belong in a checkpoint.
    """

    @property
    def module(self) -> nn.Module:
        """Everything trainable; one module, changed in place."""

    state: dict[str, Tensor]

    def before_iteration(self, iteration: int) -> Mapping[str, float] | None:
        """Called before each iteration; may update ``state``.

        Returns:
            Facts for the history, or None. The key ``stop`` ends the training.
        """


class Objective(Trained, Protocol):
    """What is minimised by gradients of batches."""

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Losses of a batch; ``loss`` is the one that is minimised.

        Args:
            batch: samples, ``[batch, …]``.
            index: their rows in the data, ``[batch]``.
            generator: source of all randomness of the objective.
        """


@runtime_checkable
class SeparateObjectives(Trained, Protocol):
    """Independent problems, one for each parameter of the module, over all samples at once."""

    def evaluate(self, data: Tensor, problems: Sequence[int]) -> Sequence[float]:
        """Losses of some of the problems; sets the gradients of their parameters.

        Args:
            data: all samples, ``[n, …]``.
            problems: numbers of the problems, ascending.
        """


@runtime_checkable
class FollowingObjective(Objective, Protocol):
    """An objective with parts that follow the network instead of its gradient."""

    def after_step(self, batch: Tensor, index: Tensor) -> None:
        """Called after each gradient step, without gradients; may update ``state``.

        Args:
            batch: samples of the step, ``[batch, …]``.
            index: their rows in the data, ``[batch]``.
        """


@dataclass
class History:
    """What a training did.

    Attributes:
        rows: mean losses between two log points, one dictionary each.
        iterations: gradient steps taken.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    iterations: int = 0


@dataclass
class TrainingState:
    """State of a training under way."""

    iteration: int
    finished: bool
    history: History
    sums: dict[str, Tensor]
    counted: int

    @classmethod
    def initial(cls) -> TrainingState:
        """State before the first iteration."""
        return cls(0, False, History(), {}, 0)

    def means(self) -> dict[str, float]:
        """Mean losses since the last log point."""
        return {name: float(total) / self.counted for name, total in self.sums.items()}

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Count the losses of one iteration."""
        values = {name: loss.detach().double() for name, loss in losses.items()}
        # In the order of the losses: that of sums from a checkpoint is alphabetical.
        self.sums = {
            name: self.sums[name] + value if name in self.sums else value
            for name, value in values.items()
        }
        self.counted += 1

    def note(self, facts: Mapping[str, float]) -> None:
        """Put facts of the objective into the history's row of this iteration."""
        rows = self.history.rows
        if not rows or rows[-1]["iteration"] != self.iteration:
            rows.append({"iteration": self.iteration})
        rows[-1].update({key: value for key, value in facts.items() if key != "stop"})


def checkpoint_of(
    objective: Trained,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
    state: TrainingState,
) -> Checkpoint:
    """Everything that the next iteration depends on."""
    tensors = {f"module/{k}": v for k, v in objective.module.state_dict().items()}
    tensors |= {f"state/{k}": v for k, v in objective.state.items()}
    tensors |= {f"optimizer/{k}": v for k, v in _optimizer_tensors(optimizer)}
    tensors |= {f"sum/{k}": v for k, v in state.sums.items()}
    tensors["generator"] = generator.get_state()
    facts = {
        "step": state.iteration,
        "finished": state.finished,
        "counted": state.counted,
        "history": state.history.rows,
    }
    return Checkpoint(tensors, facts)


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> Iterator[tuple[str, Tensor]]:
    for index, values in optimizer.state_dict()["state"].items():
        for name, value in values.items():
            if value is not None:
                yield f"{index}/{name}", torch.as_tensor(value)


def restore(
    checkpoint: Checkpoint,
    objective: Trained,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
) -> TrainingState:
    """Set objective, optimiser and generator to a checkpoint; return the state it holds."""
    parts: dict[str, dict[str, Tensor]] = {"module": {}, "state": {}, "optimizer": {}, "sum": {}}
    for name, tensor in checkpoint.tensors.items():
        part, _, key = name.partition("/")
        if part in parts:
            parts[part][key] = tensor
    device = next(objective.module.parameters()).device
    objective.module.load_state_dict(parts["module"])
    objective.state.update({key: tensor.to(device) for key, tensor in parts["state"].items()})
    values: dict[int, dict[str, Any]] = {}
    for key, tensor in parts["optimizer"].items():
        index, _, name = key.partition("/")
        values.setdefault(int(index), {})[name] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": values})
    generator.set_state(checkpoint.tensors["generator"])
    facts = checkpoint.facts
    return TrainingState(
        facts["step"],
        facts["finished"],
        History(list(facts["history"]), facts["step"]),
        {key: tensor.to(device) for key, tensor in parts["sum"].items()},
        facts["counted"],
    )
