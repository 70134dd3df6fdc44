"""N2D: a manifold learnt on the embedding of an autoencoder (McConville et al. 2019)."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin, clone
from sklearn.utils import Tags
from sklearn.utils.validation import validate_data

from clustrace.cluster.gmm import GMM
from clustrace.cluster.kmeans import require_samples
from clustrace.errors import NotApplicableError
from clustrace.train.autoencoder import Autoencoder
from clustrace.train.encoding import as_rows, shaped_as
from clustrace.train.rows import Samples
from clustrace.train.seeds import base_seed, derive_seed


class N2D(ClusterMixin, BaseEstimator):
    r"""Gaussian components on the UMAP of an autoencoder's embedding ("not too deep" clustering).

    .. math:: y = \mathrm{UMAP}(f(x)),\qquad
       \max_{\pi, m, \Sigma}\ \sum_i \log \sum_k \pi_k\, \mathcal{N}(y_i; m_k, \Sigma_k)

    McConville, Santos-Rodriguez, Piechocki and Craddock 2019, section 3; the defaults are those of
    the script that made their table. The map is umap-learn's, in one thread, without which it does
    not repeat itself; the components have full covariances.

    The map exists for the samples of the fit alone, so there is no ``predict``.

    Args:
        n_clusters: number of clusters K, and of components.
        autoencoder: a transformer; wrap a fitted one in ``sklearn.frozen.FrozenEstimator`` to
            keep its weights. None is :class:`clustrace.train.autoencoder.Autoencoder`.
        n_components: dimensions of the map; None is K.
        n_neighbors: neighbours of each sample in the embedding, itself among them; all if there
            are fewer.
        min_dist: smallest distance that the map aims at between samples.
        metric: distance in the embedding, one that umap-learn knows.
        reg_covar: added to the variances of the components.
        max_iter: most iterations of expectation maximisation.
        tol: gain in the mean log likelihood below which it ends.
        random_state: seed of map and components, and of an autoencoder that has none.

    Attributes:
        autoencoder_: the fitted autoencoder.
        embedding_: the map, ``[n, n_components]``.
        n_neighbors_: neighbours that it took.
        labels_: most probable component of each sample, ``[n]``.
        cluster_centers_: mean of each component's samples in the autoencoder's embedding,
            ``[K, d]``.
        n_iter_: iterations of expectation maximisation.
    """

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        autoencoder: TransformerMixin | None = None,
        n_components: int | None = None,
        n_neighbors: int = 20,
        min_dist: float = 0.0,
        metric: str = "euclidean",
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        tol: float = 1e-3,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.autoencoder = autoencoder
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.metric = metric
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def fit(self, X: Samples, y: object = None) -> Self:
        """Embed, map and cluster samples ``[n, n_features]``; ``y`` is ignored.

        Raises:
            NotApplicableError: there are fewer samples than clusters, or too few for a map.
        """
        samples = X
        X = validate_data(self, as_rows(X), dtype=np.float32, accept_sparse="csr")
        require_samples(X.shape[0], self.n_clusters)
        seed = base_seed(self.random_state)
        autoencoder = self.autoencoder or Autoencoder(random_state=seed)
        self.autoencoder_ = clone(autoencoder).fit(shaped_as(X, samples), None)
        embedding = self.autoencoder_.transform(X)
        self.embedding_ = self._map(embedding, seed)
        mixture = GMM(
            self.n_clusters,
            reg_covar=self.reg_covar,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=derive_seed(seed, "components"),
        ).fit(self.embedding_)
        self.labels_, self.n_iter_ = mixture.labels_, mixture.n_iter_
        self.cluster_centers_ = mixture.weighted_means(embedding)
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _map(self, embedding: np.ndarray, seed: int) -> np.ndarray:
        # Its import takes seconds, which only those who call it should wait for.
        from umap import UMAP

        n = len(embedding)
        dimensions = self.n_clusters if self.n_components is None else self.n_components
        if n < dimensions + 2:
            raise NotApplicableError(
                f"A map of {dimensions} dimensions needs at least {dimensions + 2} samples; "
                f"n_samples={n}. Give more samples, or ask for fewer dimensions by n_components."
            )
        self.n_neighbors_ = min(self.n_neighbors, n - 1)
        mapping = UMAP(
            n_neighbors=self.n_neighbors_,
            n_components=dimensions,
            min_dist=self.min_dist,
            metric=self.metric,
            n_jobs=1,
            random_state=derive_seed(seed, "map") % 2**32,
        )
        with warnings.catch_warnings(), _one_compiled_thread():
            # Where the graph falls into parts, it says that it places them one by one.
            warnings.filterwarnings("ignore", category=UserWarning, module="umap")
            coordinates: np.ndarray = mapping.fit_transform(embedding)
        if not np.isfinite(coordinates).all():
            raise NotApplicableError(
                "UMAP found no map of these samples; leave out repeated ones or take more "
                "neighbours."
            )
        return coordinates


@contextlib.contextmanager
def _one_compiled_thread() -> Iterator[None]:
    """Compiled code runs in one thread, and torch has as many afterwards as before.

    numba takes all processors otherwise, and where it shares OpenMP with torch, so would torch.
    """
    import numba

    ours, theirs = torch.get_num_threads(), numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(theirs)
        torch.set_num_threads(ours)
