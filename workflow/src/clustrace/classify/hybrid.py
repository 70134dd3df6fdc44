"""Hybrid learning of a third-order machine: what it says of the class, and of both together."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from clustrace.classify.cross_entropy import ClassificationObjective
from clustrace.nets.third_order import ThirdOrderBoltzmannMachine
from clustrace.train.contrastive_divergence import sample
from clustrace.train.rows import Rows


class HybridObjective(ClassificationObjective):
    r"""Cross-entropy of the exact class posterior, and contrastive divergence of class and sample.

    .. math::
        L = -\log P(y | v_0) + \lambda \, (F(v_0, y) - F(v_1, k_1))

    mean over the batch (Nair and Hinton 2009, section 3). The reconstruction: h is sampled given
    v_0 and y, then k_1 given h with the visible units summed out, and v_1 are the means given both.
    It is a constant of the gradient.

    The history also has the squared error of v_1, **summed** over visible units.

    Args:
        machine: what is trained.
        labels: number of the class of every sample, int64 ``[n]``.
        validation: samples to tell the error of after each epoch, and the numbers of their
            classes; None tells none.
        per_epoch: iterations of an epoch.
        generative_weight: λ; 0 learns the classes alone.
    """

    def __init__(
        self,
        machine: ThirdOrderBoltzmannMachine,
        labels: Tensor,
        validation: tuple[Rows, Tensor] | None,
        *,
        per_epoch: int,
        generative_weight: float,
    ) -> None:
        super().__init__(machine, labels, validation, per_epoch=per_epoch)
        self.machine, self.generative_weight = machine, generative_weight

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Loss of a batch, its error in per cent, and the error of its reconstruction."""
        labels = self.labels[index]
        logits = self.machine(batch)
        loss = F.cross_entropy(logits, labels)
        wrong = logits.detach().argmax(dim=1) != labels
        losses = {"loss": loss, "error": 100 * wrong.double().mean()}
        if self.generative_weight:
            visible, classes = self._reconstructed(batch, labels, generator)
            model = self.machine(visible).gather(1, classes[:, None])
            divergence = (model - logits.gather(1, labels[:, None])).mean()
            losses["loss"] = loss + self.generative_weight * divergence
            losses["reconstruction_error"] = (batch - visible).square().sum(dim=1).mean()
        return losses

    @torch.no_grad()
    def _reconstructed(
        self, batch: Tensor, labels: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        hidden = sample(self.machine.hidden_given(batch, labels), generator)
        logarithms = self.machine.classes_given(hidden)
        uniform = torch.rand(logarithms.shape, generator=generator, device=batch.device)
        # The largest sum of a logarithm and Gumbel noise is a draw with these probabilities.
        classes = (logarithms - (-uniform.log()).log()).argmax(dim=1)
        return self.machine.visible_given(hidden, classes), classes
