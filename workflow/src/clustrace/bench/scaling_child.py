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
from clustrace.cluster.spectral import SpectralClustering
from clustrace.cluster.ssc_omp import SSCOMP
from clustrace.data.artefact import read_artefact

_CLUSTERS = 10

METHODS: Mapping[str, Callable[[], Any]] = {
    "ssc-omp": lambda: SSCOMP(_CLUSTERS, random_state=0),
    # As above dense_limit, whatever the size: the affinity is computed anew in each product.
    "spectral": lambda: SpectralClustering(_CLUSTERS, n_init=1, dense_limit=0, random_state=0),
}


def run(method: str, features: Path) -> dict[str, float]:
    """Fit once, as the workflow does.

    Returns:
        ``seconds`` of the fit; ``imported``: MiB with the features read, before the fit; ``peak``:
        MiB at most.
    """
    x = read_artefact(features).arrays["features"]
    imported = peak_mib()
    began = time.perf_counter()
    METHODS[method]().fit(x)
    return {
        "seconds": time.perf_counter() - began,
        "imported": imported,
        "peak": peak_mib(),
    }


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[3]))
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
