"""Train a few steps in a process of its own and print the memory that they took at most.

``python -m clustrace.bench.memory_child TRAINING FEATURES THREADS``
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.frozen import FrozenEstimator

from clustrace.bench.processes import peak_mib
from clustrace.cluster.dcec import DCEC
from clustrace.cluster.idec import IDEC
from clustrace.data.artefact import read_artefact
from clustrace.train.autoencoder import Autoencoder, AutoencoderBase
from clustrace.train.convolutional import ConvolutionalAutoencoder
from clustrace.train.session import Progress, training_session

_CLUSTERS = 10


class _EnoughError(Exception):
    """The training has taken the steps that were wanted."""


def _with_clusters(kind: type[IDEC | DCEC], autoencoder: AutoencoderBase, x: np.ndarray) -> Any:
    """An estimator on an untrained autoencoder: weights change no size."""
    network = autoencoder._network(x.shape[1:], "glorot-uniform", 0)
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    fitted = FrozenEstimator(autoencoder.load_weights(weights, x.shape[1]))
    start = fitted.transform(x[:_CLUSTERS])
    return kind(_CLUSTERS, autoencoder=fitted, initial_centroids=start, random_state=0)


TRAININGS: Mapping[str, Callable[[np.ndarray], Any]] = {
    "SAE": lambda x: Autoencoder(optimizer="adam", learning_rate=0.001, random_state=0),
    "IDEC": lambda x: _with_clusters(IDEC, Autoencoder(), x),
    "CAE": lambda x: ConvolutionalAutoencoder((28, 28), random_state=0),
    "DCEC": lambda x: _with_clusters(DCEC, ConvolutionalAutoencoder((28, 28)), x),
}


def run(training: str, features: Path) -> dict[str, float]:
    """Fit as the workflow does, and stop at the first report after a step.

    Returns:
        ``imported``: MiB before the data were read; ``data``: MiB of the features; ``peak``:
        MiB at most; ``steps``: gradient steps taken.
    """
    imported = peak_mib()
    x = read_artefact(features).arrays["features"]
    steps = 0

    def report(progress: Progress) -> None:
        nonlocal steps
        steps = progress.step
        if steps > 1:
            raise _EnoughError

    try:
        with training_session(report=report):
            TRAININGS[training](x).fit(x)
    except _EnoughError:
        pass
    return {
        "imported": imported,
        "data": x.nbytes / 2**20,
        "peak": peak_mib(),
        "steps": steps,
    }


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[3]))
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
