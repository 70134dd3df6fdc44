"""Separable non-negative matrix factorization by conical hulls (Kumar and others 2013)."""

from __future__ import annotations

from typing import Literal, Self, get_args

import numpy as np

from clustrace.cluster.kmeans import KMeans
from clustrace.cluster.nnls import nnls
from clustrace.cluster.rows import RowClusterer, Rows, dense, reciprocal, squared_norms
from clustrace.errors import NotApplicableError
from clustrace.train.seeds import base_seed, derive_seed

#: Which residual chooses an anchor.
Criterion = Literal["max", "random"]

#: A squared residual below this share of the largest sample is none.
_EXPLAINED = 1e-10


class XRAY(RowClusterer):
    r"""Clusters by the extreme rays of the cone that the samples span.

    .. math:: \min_{H \ge 0} \|X - H X_A\|^2,\quad |A| = K

    The anchors A are samples themselves. Each step takes a sample i with a residual
    r_i = x_i - h_i X_A, the largest one or one at random, and adds

    .. math:: \arg\max_j \frac{r_i^\top x_j}{1^\top x_j}

    to the anchors, then solves for H again (Kumar, Sindhwani and Kambadur 2013, Algorithm 1 with
    the criterion "max" or "rand" and p = 1). A step costs two products with the data. A sample
    belongs to the anchor with the largest weight h; one that no anchor explains, such as a sample
    of zeros, to the first. Or k-means runs on the rows of H.

    Args:
        n_clusters: number of clusters K, and of anchors.
        criterion: which residual chooses an anchor: ``max``, the largest, or ``random``.
        n_init: starts of k-means on H; None takes the largest weight instead.
        random_state: seed of the random residuals and of k-means; without both the method is
            deterministic.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        anchors_: samples that are the anchors, ``[K]``.
        coefficients_: H, ``[n, K]``.
        cluster_centers_: the anchors' features, ``[K, n_features]``, or the centroids of k-means
            on H, ``[K, K]``.
    """

    takes_negative = False

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        criterion: Criterion = "max",
        n_init: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.criterion = criterion
        self.n_init = n_init
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: object = None) -> Self:
        """Cluster samples ``[n, n_features]`` or images; ``y`` is ignored.

        Raises:
            NotApplicableError: there are fewer samples than clusters, negative values, or fewer
                extreme rays than clusters.
        """
        if self.criterion not in get_args(Criterion):
            raise NotApplicableError(
                f"There is no criterion {self.criterion!r}; use one of "
                f"{', '.join(get_args(Criterion))}."
            )
        rows = self._validated(X)
        seed = base_seed(self.random_state)
        self._find_anchors(rows, np.random.default_rng(derive_seed(seed, "residuals")))
        if self.n_init is None:
            self.labels_ = self.coefficients_.argmax(axis=1)
            self.cluster_centers_ = dense(rows[self.anchors_])
            return self
        kmeans = KMeans(self.n_clusters, n_init=self.n_init, random_state=seed)
        self.labels_ = kmeans.fit(self.coefficients_).labels_
        self.cluster_centers_ = kmeans.cluster_centers_
        return self

    def _find_anchors(self, rows: Rows, generator: np.random.Generator) -> None:
        """Anchors, and the weights of all samples on them."""
        n = rows.shape[0]
        norms = squared_norms(rows)
        per_sum = reciprocal(np.asarray(rows.sum(axis=1)).ravel())
        anchors: list[int] = []
        weights, correlations = np.empty((n, 0)), np.empty((n, 0))
        gram = np.empty((0, 0))
        while len(anchors) < self.n_clusters:
            gaps = norms - 2 * np.sum(weights * correlations, axis=1)
            gaps += np.sum(weights @ gram * weights, axis=1)
            left = np.flatnonzero(gaps > _EXPLAINED * norms.max())
            if not len(left):
                raise NotApplicableError(
                    f"The samples (n_samples={n}, n_features={rows.shape[1]}) lie in a cone of "
                    f"{len(anchors)} extreme rays, and n_clusters={self.n_clusters} clusters need "
                    "as many; ask for fewer clusters."
                )
            taken = int(gaps.argmax() if self.criterion == "max" else generator.choice(left))
            residual = dense(rows[[taken]])[0] - weights[taken] @ dense(rows[anchors])
            score = (rows @ residual) * per_sum
            score[anchors] = -np.inf  # inexact weights could make an anchor win again
            anchors.append(int(score.argmax()))
            atoms = dense(rows[anchors])
            gram, correlations = atoms @ atoms.T, rows @ atoms.T
            weights = nnls(gram, correlations, np.hstack([weights, np.zeros((n, 1))]))
        self.anchors_ = np.array(anchors)
        self.coefficients_ = weights
