"""Selective sampling-based scalable sparse subspace clustering (Matsushima, Brbić 2019)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse
from sklearn.linear_model import Lasso

from clustrace.cluster.embedded import EmbeddedKMeans
from clustrace.cluster.rows import Rows, unit_rows
from clustrace.cluster.spectrum import graph_eigenvectors
from clustrace.errors import NotApplicableError
from clustrace.train.seeds import derive_seed

#: Samples whose coefficients are sought at a time.
_BLOCK = 4096
#: Sweeps over all coefficients after which scikit-learn warns.
_SWEEPS = 10_000


class S5C(EmbeddedKMeans):
    r"""Spectral clustering of samples that are written as sparse combinations of a few of them.

    .. math:: \min_{C}\ \sum_i \frac12 \|x_i - X c_i\|^2 + \lambda \|c_i\|_1,\quad
       c_{ii} = 0,\ c_{ji} = 0 \text{ for } j \notin S

    for samples of length 1. S grows by rounds: of a sample drawn at random, the residual for the
    present S is correlated with all samples outside S, and the one whose correlation exceeds λ by
    most joins S; if none does, nobody joins (Matsushima and Brbić 2019, Algorithm 1). It ends with
    :math:`|S|` = ``per_cluster`` K, or after twice as many rounds. C is found by
    scikit-learn's coordinate descent; the leading eigenvectors of
    :math:`D^{-1/2} (|C| + |C|^\top) D^{-1/2}`, rows at length 1, are clustered. C has at most
    |S| n entries.

    No sample is dropped: one that nothing in S explains has a row of zeros in the embedding, and
    the label of the centroid next to the origin, where the authors' code draws a label at random.

    Args:
        n_clusters: number of clusters K, and of eigenvectors.
        l1_weight: λ.
        per_cluster: samples in S for each cluster; S never has more than there are.
        tolerance: duality gap, relative to the squared length of the sample, and change of a
            coefficient, relative to the largest, below which coefficients have settled.
        n_init: starts of k-means.
        random_state: seed of the drawn samples, of k-means and of the eigensolver's first vector.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: rows of the eigenvectors at length 1, ``[n, K]``.
        selected_: S, in the order in which they joined.
        representation_: C transposed, sparse ``[n, n]``: row i writes sample i.
        cluster_centers_: centroids of k-means on the embedding, ``[K, K]``.
    """

    takes_sparse = False

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        l1_weight: float = 0.03125,
        per_cluster: int = 20,
        tolerance: float = 1e-3,
        n_init: int = 20,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.l1_weight = l1_weight
        self.per_cluster = per_cluster
        self.tolerance = tolerance
        self.n_init = n_init
        self.random_state = random_state

    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        samples: np.ndarray = unit_rows(rows)
        count = min(self.per_cluster * self.n_clusters, len(samples))
        generator = np.random.default_rng(derive_seed(seed, "selection"))
        self.selected_ = self._select(samples, count, _drawn(len(samples), 2 * count, generator))
        self.representation_ = self._represent(samples, self.selected_)
        if not self.representation_.nnz:
            raise NotApplicableError(
                f"With l1_weight={self.l1_weight:g} no sample is a combination of others "
                f"(n_samples={len(samples)}); choose a smaller l1_weight."
            )
        weights = abs(self.representation_)
        affinity = (weights + weights.T).tocsr()
        vectors = graph_eigenvectors(affinity, self.n_clusters, derive_seed(seed, "eigensolver"))
        embedding: np.ndarray = unit_rows(vectors)
        return embedding

    def _select(self, samples: np.ndarray, count: int, drawn: np.ndarray) -> np.ndarray:
        """S, at most ``count`` samples, from rounds with the samples ``drawn``."""
        selected: list[int] = []
        for i in drawn:
            others = [j for j in selected if j != i]
            atoms = samples[others]
            weights = self._lasso(atoms, samples[i : i + 1])[0]
            correlation = np.abs(samples @ (samples[i] - weights @ atoms))
            correlation[[i, *selected]] = 0.0
            best = int(np.argmax(correlation))
            if correlation[best] <= self.l1_weight:
                continue
            selected.append(best)
            if len(selected) == count:
                break
        return np.array(selected, dtype=np.intp)

    def _represent(self, samples: np.ndarray, selected: np.ndarray) -> scipy.sparse.csr_matrix:
        """Coefficients of every sample, sparse ``[n, n]``, row by row."""
        n, atoms = len(samples), samples[selected]
        blocks = [
            scipy.sparse.csr_matrix(self._lasso(atoms, samples[begin : begin + _BLOCK]))
            for begin in range(0, n, _BLOCK)
        ]
        coefficients = scipy.sparse.vstack(blocks).tolil()
        for place, i in enumerate(selected):
            # It may not write itself, and is sought once more without.
            others = np.delete(np.arange(len(selected)), place)
            own = np.zeros(len(selected))
            own[others] = self._lasso(atoms[others], samples[i : i + 1])[0]
            coefficients[i] = own
        found = coefficients.tocoo()
        return scipy.sparse.csr_matrix((found.data, (found.row, selected[found.col])), shape=(n, n))

    def _lasso(self, atoms: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """Coefficients of samples ``[m, n_features]`` on atoms ``[s, n_features]``, ``[m, s]``."""
        if not len(atoms):
            return np.zeros((len(samples), 0))
        model = Lasso(
            # scikit-learn divides the squared error by the number of features.
            self.l1_weight / atoms.shape[1],
            fit_intercept=False,
            precompute=atoms @ atoms.T,
            tol=self.tolerance,
            max_iter=_SWEEPS,
        )
        model.fit(np.asfortranarray(atoms.T), samples.T)
        return model.coef_.reshape(len(samples), len(atoms))


def _drawn(n: int, count: int, generator: np.random.Generator) -> np.ndarray:
    """Samples in random order, all of them before any comes again."""

    def orders() -> Iterator[np.ndarray]:
        for _ in range(-(-count // n)):
            yield generator.permutation(n)

    return np.concatenate(list(orders()))[:count]
