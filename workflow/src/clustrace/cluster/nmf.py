"""Non-negative matrix factorization (Lee, Seung 1999) with k-means on its codes."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import NMF

from clustrace.cluster.embedded import EmbeddedKMeans
from clustrace.cluster.rows import Rows, unit_rows
from clustrace.train.seeds import derive_seed


class NMFKMeans(EmbeddedKMeans):
    r"""k-means on the codes of a non-negative matrix factorization.

    .. math:: \min_{W, H \ge 0} \|X - W H\|^2

    with scikit-learn's coordinate descent from a random start; the codes are the rows of W. A
    sample of zeros has a code of zeros and the label of the centroid next to the origin.

    Args:
        n_clusters: number of clusters K.
        n_components: rank of the factorization; None is K.
        normalize: whether codes are scaled to length 1 for k-means.
        max_iter: most iterations of the factorization.
        n_init: starts of k-means.
        random_state: seed of the start and of k-means.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: the codes as k-means saw them, ``[n, n_components]``.
        components_: H, ``[n_components, n_features]``.
        n_iter_: iterations of the factorization.
        cluster_centers_: centroids of k-means on the codes, ``[K, n_components]``.
    """

    takes_negative = False
    stores_embedding = True

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        n_components: int | None = None,
        normalize: bool = True,
        max_iter: int = 200,
        n_init: int = 10,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_components = n_components
        self.normalize = normalize
        self.max_iter = max_iter
        self.n_init = n_init
        self.random_state = random_state

    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        rank = self.n_components or self.n_clusters
        codes, nmf = factorized(rows, rank, seed, max_iter=self.max_iter)
        self.components_, self.n_iter_ = nmf.components_, nmf.n_iter_
        return unit_rows(codes) if self.normalize else codes


def factorized(rows: Rows, rank: int, seed: int, *, max_iter: int) -> tuple[np.ndarray, NMF]:
    """Codes W ``[n, rank]`` and the fitted factorization, from a random start."""
    nmf = NMF(rank, init="random", max_iter=max_iter, random_state=derive_seed(seed, "nmf") % 2**32)
    codes: np.ndarray = nmf.fit_transform(rows)
    return codes, nmf
