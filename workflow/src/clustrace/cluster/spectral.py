"""Spectral clustering (Ng, Jordan, Weiss 2002)."""

from __future__ import annotations

import numpy as np

from clustrace.cluster.embedded import EmbeddedKMeans
from clustrace.cluster.rbf import NormalisedRBF
from clustrace.cluster.rows import Rows, unit_rows
from clustrace.cluster.spectrum import block_eigenvectors
from clustrace.errors import NotApplicableError
from clustrace.train.seeds import derive_seed


class SpectralClustering(EmbeddedKMeans):
    r"""k-means on the leading eigenvectors of the normalised Gaussian affinity.

    .. math:: L = D^{-1/2} A D^{-1/2},\quad A_{ij} = \exp(-\gamma \|x_i - x_j\|^2),\ A_{ii} = 0

    The K leading eigenvectors of L are the columns of V; its rows are scaled to length 1 and
    clustered (Ng, Jordan and Weiss 2002, steps 1 to 6). scikit-learn's ``SpectralClustering``
    scales by :math:`D^{-1/2}` instead, and does not scale the rows.

    No sample is dropped: one whose affinities all vanish has a row of zeros, which gets the label
    of the centroid next to the origin.

    Args:
        n_clusters: number of clusters K.
        gamma: γ, which is 1 / (2 σ²).
        n_init: starts of k-means.
        dense_limit: most samples for which A is kept, 8 n² bytes; for more it is computed anew,
            block by block, in each product with vectors. It changes time and memory alone.
        random_state: seed of k-means and of the eigensolver's first vectors.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: rows of V at length 1, ``[n, K]``.
        cluster_centers_: centroids of k-means on them, ``[K, K]``.
    """

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        gamma: float = 0.01,
        n_init: int = 10,
        dense_limit: int = 10_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.gamma = gamma
        self.n_init = n_init
        self.dense_limit = dense_limit
        self.random_state = random_state

    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        affinity = NormalisedRBF(rows, self.gamma, self.dense_limit)
        related = int(np.sum(~affinity.lonely))
        if not related:
            raise NotApplicableError(
                f"With gamma={self.gamma:g} all affinities (n_samples={rows.shape[0]}) are 0 in "
                "floating point; choose a smaller gamma."
            )

        def product(vectors: np.ndarray) -> np.ndarray:
            # The spectrum is [-1, 1]: lonely samples, which would have 0, come behind all others.
            return affinity @ vectors - 2 * affinity.lonely * vectors

        vectors = block_eigenvectors(
            product,
            rows.shape[0],
            min(self.n_clusters, related),
            derive_seed(seed, "eigensolver"),
        )
        vectors[affinity.lonely.ravel()] = 0.0  # not rounding, which would count at length 1
        embedding: np.ndarray = unit_rows(vectors)
        return embedding
