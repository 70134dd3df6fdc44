"""The one training loop: all gradient training of the project runs through :func:`train`.

The data stay on the device; a batch is a slice of them, never a loop over samples. Everything
that the next iteration depends on (weights, optimiser, generator, the objective's own state) is
in the checkpoint, so a run killed at any moment and resumed ends bit-identical to one that was
not, on the same class of machine with the same number of threads.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from clustrace.errors import DivergedError
from clustrace.train.lbfgs import SeparateLBFGS
from clustrace.train.optimizers import OptimizerSettings, at
from clustrace.train.rows import Rows
from clustrace.train.seeds import derive_seed
from clustrace.train.session import Progress, current_session
from clustrace.train.state import (
    FollowingObjective,
    History,
    Objective,
    SeparateObjectives,
    TrainingState,
    checkpoint_of,
    restore,
)

_REPORT_SECONDS = 1.0


@dataclass(frozen=True)
class TrainingPlan:
    """How long and in which order an objective is trained."""

    iterations: int
    batch_size: int
    optimizer: OptimizerSettings
    shuffle: bool = True
    """A new random order each epoch; otherwise the order of the data, again and again. The last,
    shorter batch of an epoch is used."""
    log_every: int | None = None
    """Iterations between two rows of the history; empty: one epoch."""


def full_batch(iterations: int, n: int, memory: int) -> TrainingPlan:
    """Plan of L-BFGS on all n samples at once; its row of each iteration has the first step."""
    optimizer = OptimizerSettings("lbfgs", learning_rate=1.0, memory=memory)
    return TrainingPlan(iterations, n, optimizer, shuffle=False)


class _Batches:
    """Rows of the batch of an iteration, a function of seed and iteration alone."""

    def __init__(self, n: int, plan: TrainingPlan, seed: int, device: str) -> None:
        self.n, self.size, self.seed = n, min(plan.batch_size, n), seed
        self.per_epoch = math.ceil(n / self.size)
        self.shuffle, self.device = plan.shuffle, device
        self._epoch, self._order = -1, torch.arange(n, device=device)

    def rows(self, iteration: int) -> Tensor:
        epoch, position = divmod(iteration, self.per_epoch)
        if self.shuffle and epoch != self._epoch:
            generator = torch.Generator().manual_seed(derive_seed(self.seed, f"order-{epoch}"))
            self._order = torch.randperm(self.n, generator=generator).to(self.device)
            self._epoch = epoch
        return self._order[position * self.size : (position + 1) * self.size]


def iterations_of(epochs: int, n: int, batch_size: int) -> int:
    """Iterations of a number of epochs; the last, shorter batch of an epoch counts."""
    return epochs * math.ceil(n / min(batch_size, n))


def train(
    objective: Objective | SeparateObjectives,
    data: Rows,
    plan: TrainingPlan,
    *,
    phase: str,
    seed: int,
) -> History:
    """Minimise an objective over ``data`` by mini-batch gradient descent, or by L-BFGS.

    Args:
        objective: losses and trainable module, which is changed in place; separate objectives,
            on dense samples, are trained by L-BFGS until all have converged.
        data: all samples on the session's device, ``[n, …]``; of sparse rows a batch is dense.
        plan: iterations, batches, optimiser.
        phase: name of this training within the run, for checkpoints and progress.
        seed: seed of the order of samples and of the objective's noise.

    Returns:
        Mean losses over the iterations, with the columns ``iteration``, ``epoch``,
        ``learning_rate``, ``loss`` and what the objective adds.

    Raises:
        DivergedError: a loss is not finite.
    """
    session = current_session()
    batches = _Batches(len(data), plan, seed, str(data.device))
    generator = torch.Generator(device=data.device).manual_seed(derive_seed(seed, "noise") % 2**63)
    optimizer = plan.optimizer.build(objective.module)
    saved = session.checkpoints.load(phase)
    state = restore(saved, objective, optimizer, generator) if saved else TrainingState.initial()
    if state.finished:
        objective.module.eval()
        return state.history
    log_every = plan.log_every or batches.per_epoch
    reported = 0.0
    following = objective if isinstance(objective, FollowingObjective) else None
    objective.module.train()
    while not state.finished:
        if session.checkpoints.due():
            session.checkpoints.save(phase, checkpoint_of(objective, optimizer, generator, state))
        facts = objective.before_iteration(state.iteration)
        stopped = bool(facts and facts.get("stop")) or _converged(optimizer)
        state.finished = state.iteration >= plan.iterations or stopped
        if facts is not None:
            state.note(facts)
        if state.finished:
            break
        if isinstance(objective, SeparateObjectives):
            losses = _searched(optimizer, objective, data)
        else:
            rows = batches.rows(state.iteration)
            plan.optimizer.schedule(optimizer, state.iteration)
            batch = data[rows]
            with session.autocast():
                losses = objective.losses(batch, rows, generator)
            losses["loss"].backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            if following is not None:
                with torch.no_grad(), session.autocast():
                    following.after_step(batch, rows)
        state.add(losses)
        state.iteration += 1
        state.history.iterations = state.iteration
        if state.iteration % log_every == 0 or state.iteration == plan.iterations:
            _log(state, plan, batches.per_epoch, phase)
        if time.monotonic() - reported > _REPORT_SECONDS:
            session.report(_progress(state, plan, batches.per_epoch, phase))
            reported = time.monotonic()
    objective.module.eval()
    session.checkpoints.save(phase, checkpoint_of(objective, optimizer, generator, state))
    return state.history


def _searched(
    optimizer: torch.optim.Optimizer, objective: SeparateObjectives, data: Rows
) -> dict[str, Tensor]:
    """One step of L-BFGS in each of the problems; their mean loss after it."""
    assert isinstance(optimizer, SeparateLBFGS) and isinstance(data, Tensor)
    with current_session().autocast():
        losses = optimizer.step(lambda problems: objective.evaluate(data, problems))
    return {"loss": torch.tensor(losses, dtype=torch.float64).mean()}


def _converged(optimizer: torch.optim.Optimizer) -> bool:
    return isinstance(optimizer, SeparateLBFGS) and optimizer.converged


def _log(state: TrainingState, plan: TrainingPlan, per_epoch: int, phase: str) -> None:
    means = state.means()
    if not all(math.isfinite(mean) for mean in means.values()):
        raise DivergedError(
            f"The loss of {phase!r} is no longer finite after {state.iteration} iterations "
            f"({', '.join(f'{k} {v:g}' for k, v in means.items())}); lower its learning rate in "
            "config/methods/, or check the scale of the input."
        )
    row = {
        "iteration": state.iteration,
        "epoch": state.iteration / per_epoch,
        "learning_rate": at(plan.optimizer.learning_rate, state.iteration - 1),
        **means,
    }
    state.history.rows.append(row)
    state.sums, state.counted = {}, 0


def _progress(state: TrainingState, plan: TrainingPlan, per_epoch: int, phase: str) -> Progress:
    if state.counted:
        loss = state.means()["loss"]
    else:
        losses = [row["loss"] for row in state.history.rows if "loss" in row]
        loss = losses[-1] if losses else math.nan
    return Progress(
        phase=phase,
        step=state.iteration,
        steps=plan.iterations,
        epoch=state.iteration // per_epoch,
        epochs=math.ceil(plan.iterations / per_epoch),
        loss=loss,
    )
