"""What the clustering methods need of an autoencoder network."""

from __future__ import annotations

from torch import Tensor, nn


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
