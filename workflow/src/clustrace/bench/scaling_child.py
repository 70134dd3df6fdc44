"""Cluster samples in a process of its own and print the seconds and the memory that it took.

``python -m clustrace.bench.scaling_child METHOD FEATURES THREADS``
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from clustrace.bench.processes import peak_mib
from clustrace.cluster.gnmf import GNMF
from clustrace.cluster.kmeans import KMeans
from clustrace.cluster.landmark_spectral import LandmarkSpectralClustering
from clustrace.cluster.neighbour_graph import GraphClusterer, NearestNeighbours, nearest_neighbours
from clustrace.cluster.rcc import RCC
from clustrace.cluster.s5c import S5C
from clustrace.cluster.sparse_spectral import SparseSpectralClustering
from clustrace.cluster.spectral import SpectralClustering
from clustrace.cluster.ssc_omp import SSCOMP
from clustrace.data.artefact import read_artefact

_CLUSTERS = 10

#: Neighbours of each sample, as the workflow keeps them.
_NEIGHBOURS = 20

METHODS: Mapping[str, Callable[[], Any]] = {
    "ssc-omp": lambda: SSCOMP(_CLUSTERS, random_state=0),
    # As above dense_limit, whatever the size: the affinity is computed anew in each product.
    "kmeans": lambda: KMeans(_CLUSTERS, random_state=0),
    "neighbours": lambda: NearestNeighbours(_NEIGHBOURS, metric="euclidean"),
    "spectral-sparse": lambda: SparseSpectralClustering(_CLUSTERS, random_state=0),
    "gnmf": lambda: GNMF(_CLUSTERS, random_state=0),
    "lsc": lambda: LandmarkSpectralClustering(_CLUSTERS, random_state=0),
    "rcc": RCC,
    "s5c": lambda: S5C(_CLUSTERS, random_state=0),
    "spectral": lambda: SpectralClustering(_CLUSTERS, n_init=1, dense_limit=0, random_state=0),
}


def run(method: str, features: Path) -> dict[str, float]:
    """Fit once, as the workflow does: what works on neighbours is given them.

    Returns:
        ``seconds`` of the fit; ``imported``: MiB with the features read, before the fit; ``peak``:
        MiB at most.
    """
    x = read_artefact(features).arrays["features"]
    estimator, given = METHODS[method](), {}
    if isinstance(estimator, GraphClusterer):
        given["neighbours"] = nearest_neighbours(x, _NEIGHBOURS, estimator.metric)
    imported = peak_mib()
    began = time.perf_counter()
    estimator.fit(x, **given)
    return {
        "seconds": time.perf_counter() - began,
        "imported": imported,
        "peak": peak_mib(),
    }


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[3]))
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
