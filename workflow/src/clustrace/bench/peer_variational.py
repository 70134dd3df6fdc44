"""ClustPy's VaDE and N2D, fed with the same work as ours."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clustrace.bench.peer import peer_network
from clustrace.bench.timing import ClockedBatches, Timed
from clustrace.bench.workload import BATCH_SIZE, LEARNING_RATE, N_CLUSTERS, SEED
from clustrace.nets.dense import DenseAutoencoder
from clustrace.nets.mixture import DiagonalMixture
from clustrace.train.seeds import derive_seed


class _SameNoise:
    """A loader after whose start torch's global generator gives the noise of our engine."""

    def __init__(self, loader: Iterable[Any]) -> None:
        self._loader = loader

    def __iter__(self) -> Iterator[Any]:
        batches = iter(self._loader)
        # The loader draws a number of its own when it starts.
        torch.manual_seed(derive_seed(SEED, "noise") % 2**63)
        yield from batches


def train_peer_vade(
    network: DenseAutoencoder, log_variance: nn.Linear, mixture: DiagonalMixture, data: Tensor
) -> tuple[tuple[DenseAutoencoder, nn.Linear, DiagonalMixture], Timed]:
    """Train VaDE for an epoch with ClustPy's own loop and loader, and measure each step.

    Args:
        network: with the initial weights; left as it is.
        log_variance: layer of the logarithms of the variances; left as it is.
        mixture: initial mixture; left as it is.
        data: samples in [0, 1], ``[n, D]``.

    Returns:
        The same three after training, and what was measured.
    """
    from clustpy.deep._data_utils import get_dataloader
    from clustpy.deep.neural_networks import VariationalAutoencoder
    from clustpy.deep.vade import _VaDE_Module

    layers = [layer for layer in network.encoder if isinstance(layer, nn.Linear)]
    sizes = [layers[0].in_features, *(layer.out_features for layer in layers)]
    theirs = VariationalAutoencoder(sizes, activation_fn=nn.ReLU, random_state=SEED)
    theirs.fitted = True
    ours = [*network.parameters()]
    # Encoder but for its last layer, that layer, log variance, decoder.
    count = 2 * (len(layers) - 1)
    pairs = [
        *zip(theirs.encoder.parameters(), ours[:count], strict=True),
        *zip(theirs.mean.parameters(), layers[-1].parameters(), strict=True),
        *zip(theirs.log_variance.parameters(), log_variance.parameters(), strict=True),
        *zip(theirs.decoder.parameters(), network.decoder.parameters(), strict=True),
    ]
    clusters = _VaDE_Module(
        len(mixture.means),
        mixture.means.shape[1],
        mixture.logits.detach().numpy(),
        mixture.means.detach().numpy(),
        mixture.log_variances.detach().exp().numpy(),
    )
    with torch.no_grad():
        for their_weights, our_weights in pairs:
            their_weights.copy_(our_weights)
    loader = get_dataloader(data, BATCH_SIZE, shuffle=False)
    batches = ClockedBatches(_SameNoise(loader))
    parameters = [*theirs.parameters(), *clusters.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE)
    with contextlib.redirect_stderr(io.StringIO()):
        clusters.fit(
            theirs, batches, batches, 1, torch.device("cpu"), optimizer, _cross_entropy, 1.0, 1.0
        )
    trained = copy.deepcopy((network, log_variance, mixture))
    with torch.no_grad():
        copies = [*trained[0].parameters()]
        last = [m for m in trained[0].encoder if isinstance(m, nn.Linear)][-1]
        back = [
            *zip(copies[:count], theirs.encoder.parameters(), strict=True),
            *zip(last.parameters(), theirs.mean.parameters(), strict=True),
            *zip(trained[1].parameters(), theirs.log_variance.parameters(), strict=True),
            *zip(trained[0].decoder.parameters(), theirs.decoder.parameters(), strict=True),
        ]
        for our_weights, their_weights in back:
            our_weights.copy_(their_weights)
        trained[2].logits.copy_(clusters.pi)
        trained[2].means.copy_(clusters.p_mean)
        trained[2].log_variances.copy_(clusters.p_log_var)
    return trained, batches.timed()


def _cross_entropy(output: Tensor, batch: Tensor) -> Tensor:
    return F.binary_cross_entropy(output, batch) * batch.shape[1]


def map_peer(network: DenseAutoencoder, data: Tensor) -> np.ndarray:
    """Clusters by ClustPy's N2D from a pretrained network, with our settings of UMAP, ``[n]``."""
    from clustpy.deep import N2D
    from umap import UMAP

    theirs = peer_network(network)
    theirs.fitted = True
    method = N2D(
        N_CLUSTERS,
        batch_size=4096,
        neural_network=theirs,
        manifold_class=UMAP,
        manifold_params={
            "n_neighbors": 20,
            "n_components": N_CLUSTERS,
            "min_dist": 0.0,
            "metric": "euclidean",
            "n_jobs": 1,
            "random_state": derive_seed(SEED, "map") % 2**32,
        },
        device=torch.device("cpu"),
        random_state=SEED,
    )
    with contextlib.redirect_stderr(io.StringIO()):
        labels: np.ndarray = method.fit(data.numpy()).labels_
    return labels
