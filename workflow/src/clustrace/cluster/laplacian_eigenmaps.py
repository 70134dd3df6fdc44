"""Laplacian eigenmaps (Belkin, Niyogi 2003) with k-means on them."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from clustrace.cluster.map_kmeans import MapKMeans
from clustrace.cluster.spectrum import graph_eigenvectors


class LaplacianEigenmapsKMeans(MapKMeans):
    r"""k-means on Laplacian eigenmaps of a nearest-neighbour graph.

    .. math:: L f = \lambda D f,\quad L = D - A

    The eigenvectors f of the smallest λ above the trivial 0 are the coordinates (Belkin and Niyogi
    2003, Section 2). A is the mean of the 0/1 graph of nearest neighbours and its transpose.
    Arguments and attributes are those of :class:`clustrace.cluster.map_kmeans.MapKMeans`.
    """

    def _map(self, rows: np.ndarray, graph: scipy.sparse.csr_matrix, seed: int) -> np.ndarray:
        # f = D^{-1/2} v for the eigenvectors v of D^{-1/2} A D^{-1/2}; the first is the trivial.
        vectors = graph_eigenvectors(graph, self.n_components + 1, seed)[:, 1:]
        coordinates: np.ndarray = vectors / np.sqrt(np.asarray(graph.sum(axis=1)))
        return coordinates
