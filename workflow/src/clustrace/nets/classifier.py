"""A softmax on top of the layers of an encoder."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from clustrace.nets.initialisation import Scheme, initialise


class LayeredClassifier(nn.Module):
    r"""Encoder layers, and multinomial logistic regression on their output.

    .. math:: P(y = c | x) = \mathrm{softmax}(W f_L(\dots f_1(x)) + b)_c

    Shapes: input ``[batch, n_features]``, output ``[batch, n_classes]``.

    Args:
        layers: f_1 … f_L, from the input on.
        n_units: units of the last layer.
        classes: labels of the classes, whole numbers, ``[n_classes]``.
        encoding_factor: with how many times their k units sparse layers encode; 0: they know no
            such factor.
        output: what tells the logits from the last layer's units; None: a new softmax.
        scheme: scheme of the initial weights of the softmax.
        seed: seed of the initial weights of the softmax.
    """

    classes: Tensor
    encoding_factor: Tensor

    def __init__(
        self,
        layers: Sequence[nn.Module],
        n_units: int,
        classes: Tensor,
        encoding_factor: int = 0,
        *,
        output: nn.Module | None = None,
        scheme: Scheme = "normal-0.01",
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.encoder = nn.Sequential(*layers)
        if output is None:
            with torch.device("meta"):
                output = nn.Linear(n_units, len(classes))
            output.to_empty(device="cpu")
            initialise(output, scheme, seed)
        self.output = output
        self.register_buffer("classes", classes)
        self.register_buffer("encoding_factor", torch.tensor(encoding_factor))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the classes."""
        logits: Tensor = self.output(self.encoder(x))
        return logits
