"""Cross-entropy of a network that tells the logits of classes, as the engine minimises it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clustrace.nets.noise import noise_from
from clustrace.train.encoding import encode_all
from clustrace.train.rows import Rows


class ClassificationObjective:
    r"""Cross-entropy of a softmax, mean over the batch.

    .. math:: -\frac1B \sum_i \log P(y_i | x_i)

    Args:
        module: what gives the logits ``[batch, n_classes]``.
        labels: number of the class of every sample, int64 ``[n]``.
        validation: samples to tell the error of at the end of each epoch, and the numbers of
            their classes; None tells none.
        per_epoch: iterations of an epoch.
    """

    def __init__(
        self,
        module: nn.Module,
        labels: Tensor,
        validation: tuple[Rows, Tensor] | None,
        *,
        per_epoch: int,
    ) -> None:
        self.module = module
        self.state: dict[str, Tensor] = {}
        self.labels, self.validation, self.per_epoch = labels, validation, per_epoch

    def before_iteration(self, iteration: int) -> Mapping[str, float] | None:
        """Error on the validation samples, in per cent, after each epoch."""
        if self.validation is None or iteration == 0 or iteration % self.per_epoch:
            return None
        samples, labels = self.validation
        self.module.eval()
        predicted = encode_all(self.module, samples).argmax(dim=1)
        self.module.train()
        return {"validation_error": 100 * float((predicted != labels).double().mean())}

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Cross-entropy of a batch, and its error in per cent, both with the noise of training."""
        labels = self.labels[index]
        with noise_from(self.module, generator):
            logits = self.module(batch)
        wrong = logits.detach().argmax(dim=1) != labels
        return {"loss": F.cross_entropy(logits, labels), "error": 100 * wrong.double().mean()}
