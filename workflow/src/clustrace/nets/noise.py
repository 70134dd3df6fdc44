"""Noise of training as layers: dropout of hidden units, and of inputs, which is masking noise."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from clustrace.errors import NotApplicableError


class Dropout(nn.Module):
    """In training, zeroes entries with probability ``rate``, scales the others by 1 / (1 - rate).

    By the scale an entry keeps its mean, so that nothing is to be rescaled at evaluation, where
    the layer hands on what it gets (Hinton et al. 2012 halve the weights instead). On the input
    of an autoencoder that reconstructs the clean sample this is the masking noise of denoising
    autoencoders (Vincent et al. 2008).

    Args:
        rate: probability of zero, in [0, 1).

    Raises:
        NotApplicableError: the rate is no such probability.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise NotApplicableError(
                f"A dropout rate of {rate} leaves nothing to learn from; give one from 0 up to, "
                "but not including, 1."
            )
        self.rate = rate
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Noisy entries, of the shape of ``x``."""
        if not self.training or self.rate == 0:
            return x
        # Uniform numbers and a comparison take a third of the time of bernoulli_.
        drawn = torch.rand(x.shape, generator=self.generator, device=x.device)
        return x * ((drawn >= self.rate) / (1 - self.rate)).to(x.dtype)


@contextlib.contextmanager
def noise_from(network: nn.Module, generator: torch.Generator) -> Iterator[None]:
    """Let all noise of a network come from ``generator`` for a block of code.

    Otherwise it comes from torch's global generator, which no checkpoint holds.
    """
    layers = [module for module in network.modules() if isinstance(module, Dropout)]
    for layer in layers:
        layer.generator = generator
    try:
        yield
    finally:
        for layer in layers:
            layer.generator = None
