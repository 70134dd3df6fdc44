"""Training of deep Boltzmann machines by mean field and persistent Markov chains."""

from __future__ import annotations

import torch
from torch import Tensor

from clustrace.nets.deep_boltzmann import DeepBoltzmannMachine
from clustrace.train.contrastive_divergence import sample


class PersistentChains:
    r"""Energy of the data, hidden units by mean field, less that of chains that never restart.

    .. math::
        L = \frac1B \sum_i E(v_i, \mu_i, \nu_i)
            - \frac1M \sum_m E(\tilde v_m, \tilde h_m, \tilde g_m)

    Both expectations are constants of the gradient (Salakhutdinov and Hinton 2009, section 2:
    a variational approximation for the data, stochastic approximation for the model). The chains
    are the objective's state, and go on where the last step left them.

    The history also has the squared error of samples reconstructed from μ, **summed** over visible
    units.

    Args:
        machine: what is trained.
        chains: number M of chains.
        gibbs_updates: Gibbs updates of all units of a chain a gradient step.
        seed: seed of the chains' first values.
    """

    def __init__(
        self, machine: DeepBoltzmannMachine, *, chains: int, gibbs_updates: int, seed: int
    ) -> None:
        self.module = machine
        self.gibbs_updates = gibbs_updates
        device = machine.visible_bias.device
        generator = torch.Generator(device=device).manual_seed(seed)

        def first_values(units: int) -> Tensor:
            half = torch.full((chains, units), 0.5, device=device)
            return sample(half, generator)

        n_visible, n_second = machine.first.in_features, machine.second.out_features
        self.state = {"visible": first_values(n_visible), "second": first_values(n_second)}

    def before_iteration(self, iteration: int) -> None:
        """Nothing changes between iterations but the chains."""

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Difference of the energies, and the error of reconstruction of a batch."""
        machine = self.module
        with torch.no_grad():
            first, second = machine.mean_field(batch, machine.mean_field_updates)
            error = (batch - machine.visible_given(first)).square().sum(dim=1).mean()
            drawn = self._advanced(generator)
        difference = machine.energy(batch, first, second).mean() - machine.energy(*drawn).mean()
        return {"loss": difference, "reconstruction_error": error}

    def _advanced(self, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Advance the chains; v and g are returned as their means given h, which vary less."""
        machine, state = self.module, self.state
        for _ in range(self.gibbs_updates):
            first = sample(machine.first_given(state["visible"], state["second"]), generator)
            visible, second = machine.visible_given(first), machine.second_given(first)
            if machine.visible == "bernoulli":
                state["visible"] = sample(visible, generator)
            else:
                noise = torch.randn(visible.shape, generator=generator, device=visible.device)
                state["visible"] = visible + noise
            state["second"] = sample(second, generator)
        return visible, first, second
