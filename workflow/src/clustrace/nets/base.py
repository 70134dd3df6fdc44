"""What the clustering methods and the classifiers need of a network."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn


class LayeredEncoder(Protocol):
    """A network whose encoder is a chain of layers, on top of which a classifier can be put."""

    def encode(self, samples: Tensor) -> Tensor:
        """Features of samples, ``[batch, n_features_out]``."""

    def layers(self) -> list[nn.Module]:
        """Encoder layers from the input to the features; their composition is ``encode``.

        In training mode they carry the noise of the method.
        """


class AutoencoderNetwork(nn.Module):
    """An autoencoder with an encoder f and a decoder g.

    Attributes:
        encoder: f, samples ``[batch, n_features]`` to embeddings ``[batch, d]``.
        decoder: g, embeddings to reconstructions ``[batch, n_features]``.
    """

    encoder: nn.Module
    decoder: nn.Module

    def encode(self, x: Tensor) -> Tensor:
        """Embedding z = f(x), ``[batch, d]``."""
        embedding: Tensor = self.encoder(x)
        return embedding

    def decode(self, z: Tensor) -> Tensor:
        """Reconstruction g(z), ``[batch, n_features]``."""
        reconstruction: Tensor = self.decoder(z)
        return reconstruction

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Reconstruction ``[batch, n_features]`` and embedding ``[batch, d]``."""
        z = self.encode(x)
        return self.decode(z), z
