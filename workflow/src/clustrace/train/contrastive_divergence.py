"""Training of restricted Boltzmann machines by contrastive divergence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from clustrace.errors import NotApplicableError
from clustrace.nets.boltzmann import RestrictedBoltzmannMachine
from clustrace.train.encoding import encode_all
from clustrace.train.engine import TrainingPlan, iterations_of, train
from clustrace.train.optimizers import OptimizerSettings, after
from clustrace.train.rows import Rows, Samples


class ContrastiveDivergence:
    r"""CD-1: energy of the data less that of its reconstruction, mean over the batch.

    .. math:: L = E(v_0, P(h | v_0)) - E(v_1, P(h | v_1))

    The hidden units that reconstruct v_1 are sampled; all else are probabilities, and means of
    Gaussian units (Hinton 2010, section 3). Reconstruction and probabilities are constants of
    the gradient, by which it is that of F(v_0) - F(v_1) with the free energy F:
    the step of W is ⟨h vᵀ⟩₀ - ⟨h vᵀ⟩₁.

    The history also has the squared error of the reconstruction, **summed** over visible units.
    """

    def __init__(self, machine: RestrictedBoltzmannMachine) -> None:
        self.module = machine
        self.state: dict[str, Tensor] = {}

    def before_iteration(self, iteration: int) -> None:
        """Nothing changes between iterations."""

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Difference of the energies of a batch, and the error of its reconstruction."""
        machine = self.module
        activations = machine.activations(batch)
        with torch.no_grad():
            probabilities = activations.sigmoid()
            reconstruction = machine.decode(sample(probabilities, generator))
            error = (batch - reconstruction).square().sum(dim=1).mean()
        data = expected_energy(machine, batch, activations, probabilities)
        activations = machine.activations(reconstruction)
        model = expected_energy(machine, reconstruction, activations, activations.sigmoid())
        return {"loss": (data - model).mean(), "reconstruction_error": error}


def expected_energy(
    machine: RestrictedBoltzmannMachine, visible: Tensor, activations: Tensor, probabilities: Tensor
) -> Tensor:
    """Energy with the hidden units at their probabilities, constants of the gradient, ``[batch]``.

    Cheaper than the free energy, whose gradient is the same.
    """
    hidden = (probabilities.detach() * activations).sum(dim=1)
    return machine.visible_energy(visible) - machine.hidden_copies * hidden


def sample(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """Binary units drawn with these probabilities, in their shape and type."""
    drawn = torch.rand(probabilities.shape, generator=generator, device=probabilities.device)
    return (drawn < probabilities).to(probabilities.dtype)


@dataclass(frozen=True)
class MachineTraining:
    """How a restricted Boltzmann machine is trained.

    Attributes:
        epochs: passes over the data.
        batch_size: samples a gradient step.
        learning_rate: step size.
        initial_momentum: momentum of the first epochs.
        momentum: momentum afterwards.
        momentum_after: epochs before momentum rises.
        weight_decay: factor of the weights that is added to their gradient.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    initial_momentum: float
    momentum: float
    momentum_after: int
    weight_decay: float

    def plan(self, n: int) -> TrainingPlan:
        """Plan for a number of samples."""
        early = iterations_of(self.momentum_after, n, self.batch_size)
        return TrainingPlan(
            iterations=iterations_of(self.epochs, n, self.batch_size),
            batch_size=self.batch_size,
            optimizer=OptimizerSettings(
                "sgd",
                self.learning_rate,
                after(self.momentum, early, before=self.initial_momentum),
                weight_decay=self.weight_decay,
            ),
        )


def train_machines(
    machines: Sequence[RestrictedBoltzmannMachine],
    trainings: Sequence[MachineTraining],
    data: Rows,
    seed: int,
) -> list[dict[str, float]]:
    """Train machines one after the other, each on the probabilities of the one below.

    Args:
        machines: from the samples on; changed in place.
        trainings: of each machine.
        data: samples, ``[n, n_visible]``.
        seed: seed of the order of samples and of sampled units.

    Returns:
        Means of each epoch; ``phase`` counts the machines from 1.

    Raises:
        DivergedError: a loss is not finite.
    """

    def encode(samples: Tensor, count: int) -> Tensor:
        for machine in machines[:count]:
            samples = machine.encode(samples)
        return samples

    rows: list[dict[str, float]] = []
    for place, (machine, training) in enumerate(zip(machines, trainings, strict=True)):
        # From the samples on, so that the units of two layers are never held at once.
        visible = encode_all(partial(encode, count=place), data) if place else data
        history = train(
            ContrastiveDivergence(machine),
            visible,
            training.plan(len(data)),
            phase=f"layer-{place + 1}",
            seed=seed,
        )
        rows += [{"phase": place + 1, **row} for row in history.rows]
        del visible
    return rows


def refuse_no_probabilities(samples: Samples) -> None:
    """Refuse samples that Bernoulli units cannot stand for.

    Raises:
        NotApplicableError: a value lies outside [0, 1].
    """
    low, high = samples.min(), samples.max()
    if low < 0 or high > 1:
        raise NotApplicableError(
            f"Bernoulli visible units stand for values from 0 to 1, and the samples have values "
            f"from {low:g} to {high:g}; scale them, or take visible='gaussian'."
        )
