"""Sparse subspace clustering by orthogonal matching pursuit (You, Robinson, Vidal 2016)."""

from __future__ import annotations

import numpy as np
import scipy.sparse
import torch

from clustrace.cluster.embedded import EmbeddedKMeans
from clustrace.cluster.rows import Rows, unit_rows
from clustrace.cluster.spectrum import graph_eigenvectors
from clustrace.errors import NotApplicableError
from clustrace.train.seeds import derive_seed

#: A correlation below this, relative to the lengths of both samples, is rounding in float32.
_ROUNDING = 1e-6


class SSCOMP(EmbeddedKMeans):
    r"""Spectral clustering of samples that are written as sparse combinations of each other.

    .. math:: \min_{c_i} \|x_i - \textstyle\sum_j c_{ij} x_j\|^2,\quad
       c_{ii} = 0,\ \|c_i\|_0 \le k

    solved by orthogonal matching pursuit for samples of length 1 (You, Robinson and Vidal 2016,
    Algorithms 1 and 2). The rows of C are scaled to length 1, :math:`A = (|C| + |C|^\top) / 2`, and
    the leading eigenvectors of :math:`D^{-1/2} A D^{-1/2}`, rows at length 1, are clustered.
    C has at most k n entries; correlations exist for ``block_size`` samples at a time.

    No sample is dropped. A sample of zeros, or one that is orthogonal to all others, has no edge,
    a row of zeros in the embedding, and the label of the centroid next to the origin.

    Args:
        n_clusters: number of clusters K, and of eigenvectors.
        n_nonzero: k, most samples in a combination.
        tolerance: squared norm of the residual at which a combination is good enough.
        normalize: whether samples get length 1 first, as the algorithm has it; the authors' port
            to Python leaves them as they are, and then long samples are chosen more often.
        n_init: starts of k-means.
        block_size: samples whose correlations with all others exist at a time.
        random_state: seed of k-means and of the eigensolver's first vector.

    Attributes:
        labels_: cluster of each sample, ``[n]``.
        embedding_: rows of the eigenvectors at length 1, ``[n, K]``.
        representation_: C, sparse ``[n, n]``.
        cluster_centers_: centroids of k-means on the embedding, ``[K, K]``.
    """

    takes_sparse = False

    def __init__(
        self,
        n_clusters: int = 10,
        *,
        n_nonzero: int = 5,
        tolerance: float = 1e-5,
        normalize: bool = True,
        n_init: int = 10,
        block_size: int = 1024,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_nonzero = n_nonzero
        self.tolerance = tolerance
        self.normalize = normalize
        self.n_init = n_init
        self.block_size = block_size
        self.random_state = random_state

    def fit_transform(self, X: np.ndarray, y: object = None) -> np.ndarray:
        """Embedding of samples ``[n, n_features]``, which exists for those of the fit alone."""
        return self.fit(X).embedding_

    def _embed(self, rows: Rows, seed: int) -> np.ndarray:
        scaled = unit_rows(rows) if self.normalize else rows
        samples = torch.from_numpy(scaled.astype(np.float32))
        self.representation_ = self_representation(
            samples, self.n_nonzero, self.tolerance, self.block_size
        )
        if not self.representation_.nnz:
            raise NotApplicableError(
                "No sample correlates with any other, so there are no subspaces to find; "
                f"n_samples={len(samples)}."
            )
        weights = abs(unit_rows(self.representation_))
        affinity = (0.5 * (weights + weights.T)).tocsr()
        vectors = graph_eigenvectors(affinity, self.n_clusters, derive_seed(seed, "eigensolver"))
        embedding: np.ndarray = unit_rows(vectors)
        return embedding


def self_representation(
    samples: torch.Tensor, n_nonzero: int, tolerance: float, block_size: int
) -> scipy.sparse.csr_matrix:
    """Coefficients C of orthogonal matching pursuit, each sample from all others, ``[n, n]``.

    Args:
        samples: float32 ``[n, n_features]``.
        n_nonzero: most samples in a combination.
        tolerance: squared norm of the residual at which a combination is good enough.
        block_size: samples that are worked on at a time.
    """
    blocks = [
        _pursue(samples, begin, min(begin + block_size, len(samples)), n_nonzero, tolerance)
        for begin in range(0, len(samples), block_size)
    ]
    row, column, value = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return scipy.sparse.csr_matrix((value, (row, column)), shape=(len(samples), len(samples)))


def _pursue(
    samples: torch.Tensor, begin: int, end: int, n_nonzero: int, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Entries of C in the rows ``begin`` to ``end``: their rows, columns and values."""
    rows = begin + torch.nonzero(samples[begin:end].any(dim=1)).ravel()
    residual, longest = samples[rows], samples.norm(dim=1).max()
    chosen = torch.empty((len(rows), 0), dtype=torch.int64)
    coefficients = torch.empty((len(rows), 0), dtype=torch.float64)
    done: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []

    def put_aside(which: torch.Tensor) -> None:
        done.append((rows[which], chosen[which], coefficients[which]))

    for _ in range(n_nonzero):
        best, atom = _best_atoms(samples, residual, rows, chosen)
        # What is left correlates with nothing: an atom more would be made of rounding.
        useful = best > _ROUNDING * samples[rows].norm(dim=1) * longest
        put_aside(~useful)
        rows, chosen = rows[useful], torch.hstack([chosen[useful], atom[useful, None]])
        residual, coefficients = _projected(samples, rows, chosen)
        finished = residual.square().sum(dim=1) <= tolerance
        put_aside(finished)
        rows, chosen = rows[~finished], chosen[~finished]
        residual, coefficients = residual[~finished], coefficients[~finished]
    put_aside(torch.ones(len(rows), dtype=torch.bool))
    return (
        torch.cat([r.repeat_interleave(c.shape[1]) for r, c, _ in done]).numpy(),
        torch.cat([c.ravel() for _, c, _ in done]).numpy(),
        torch.cat([v.ravel() for _, _, v in done]).numpy(),
    )


def _best_atoms(
    samples: torch.Tensor, residual: torch.Tensor, rows: torch.Tensor, chosen: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Largest correlation of each residual with another sample not yet chosen, and which it is."""
    correlation = (residual @ samples.T).abs_()
    correlation.scatter_(1, torch.hstack([rows[:, None], chosen]), 0.0)
    best = correlation.max(dim=1)
    return best.values, best.indices


def _projected(
    samples: torch.Tensor, rows: torch.Tensor, chosen: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Residuals and coefficients of samples projected on the span of their atoms."""
    atoms, wanted = samples[chosen].double(), samples[rows].double()
    gram = atoms @ atoms.mT
    coefficients = torch.linalg.solve(gram, (atoms @ wanted[:, :, None]))[:, :, 0]
    residual = wanted - (coefficients[:, None] @ atoms)[:, 0]
    return residual.float(), coefficients
