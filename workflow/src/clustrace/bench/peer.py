"""ClustPy, the peer: its networks and training loops, fed with the same work as ours."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import Sampler

from clustrace.bench.timing import ClockedBatches, Timed
from clustrace.bench.workload import BATCH_SIZE, LEARNING_RATE, SEED, Task, final_loss
from clustrace.errors import ConfigError
from clustrace.nets.dense import DenseAutoencoder
from clustrace.train.seeds import derive_seed

VERSION = "0.0.3"


class _Order(Sampler[int]):
    """The order of the samples in which our engine shuffles them, epoch after epoch."""

    def __init__(self, n: int) -> None:
        self.n, self.epoch = n, 0

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(derive_seed(SEED, f"order-{self.epoch}"))
        self.epoch += 1
        # As torch's own random sampler does it.
        yield from torch.randperm(self.n, generator=generator).tolist()

    def __len__(self) -> int:
        return self.n


def require_peer() -> None:
    """Import ClustPy, so that no measurement pays for it.

    Raises:
        ConfigError: it is not installed, or in another version than the comparison is for.
    """
    try:
        import clustpy
        import clustpy.deep
    except ImportError as error:
        raise ConfigError(
            f"ClustPy {VERSION} cannot be imported ({error}); run `make env-bench` and call again."
        ) from error
    if clustpy.__version__ != VERSION:
        raise ConfigError(
            f"ClustPy {clustpy.__version__} is installed, but the comparison is written for "
            f"{VERSION}; run `make env-bench` and call again."
        )


def train_peer(
    task: Task, start: DenseAutoencoder, centroids: Tensor, data: Tensor, *, epochs: int
) -> Timed:
    """Train with ClustPy's own loop and data loader, and measure each step.

    Reduction of the reconstruction error, activation and initial weights are set to ours; of its
    defaults only the loader's order is changed, to that of our engine.

    Args:
        task: what is trained.
        start: network with the initial weights, left as it is.
        centroids: initial centroids ``[K, d]``.
        data: samples ``[n, D]``.
        epochs: passes over the data.
    """
    from clustpy.deep._data_utils import get_dataloader
    from clustpy.deep.dec import _DEC_Module

    network = peer_network(start)
    order: dict[str, Any] = {} if task.clustering else {"sampler": _Order(len(data))}
    batches = ClockedBatches(get_dataloader(data, BATCH_SIZE, shuffle=False, dl_kwargs=order))
    # ClustPy draws its progress bars on stderr.
    with contextlib.redirect_stderr(io.StringIO()):
        if not task.clustering:
            network.fit(epochs, {"lr": LEARNING_RATE}, dataloader=batches, ssl_loss_fn=F.mse_loss)
            return replace(batches.timed(), loss=final_loss(task, network, centroids, data))
        clusters = _DEC_Module(centroids.numpy(), alpha=1.0)
        parameters = [*network.parameters(), *clusters.parameters()]
        clusters.fit(
            network,
            batches,
            epochs,
            torch.device("cpu"),
            torch.optim.Adam(parameters, lr=LEARNING_RATE),
            F.mse_loss,
            task.clustering,
            task.reconstruction,
        )
    return replace(batches.timed(), loss=final_loss(task, network, clusters.centers.detach(), data))


def train_peer_dcn(
    start: DenseAutoencoder,
    centroids: Tensor,
    labels: Tensor,
    data: Tensor,
    *,
    weight: float,
    learning_rate: float,
) -> tuple[Any, Tensor, Timed]:
    """Train DCN for an epoch with ClustPy's own loop and loader, and measure each step.

    Its objective is equation 4 of the paper, errors summed over features, as it stands.

    Args:
        start: network with the initial weights, left as it is.
        centroids: initial centroids ``[K, d]``.
        labels: initial clusters, ``[n]``.
        data: samples ``[n, D]``.
        weight: λ.
        learning_rate: step size.

    Returns:
        The trained network, its centroids, and what was measured.
    """
    from clustpy.deep._data_utils import get_dataloader
    from clustpy.deep._utils import mean_squared_error
    from clustpy.deep.dcn import _DCN_Module

    network = peer_network(start)
    batches = ClockedBatches(get_dataloader(data, BATCH_SIZE, shuffle=False))
    clusters = _DCN_Module(labels.int().numpy(), centroids.clone().numpy())
    with contextlib.redirect_stderr(io.StringIO()):
        clusters.fit(
            network,
            batches,
            batches,
            1,
            torch.device("cpu"),
            torch.optim.Adam(network.parameters(), lr=learning_rate),
            mean_squared_error,
            weight,
            1.0,
        )
    return network, clusters.centers, batches.timed()


def peer_network(start: DenseAutoencoder) -> Any:
    """ClustPy's network of the same layers and activation, with the same weights."""
    from clustpy.deep.neural_networks import FeedforwardAutoencoder

    layers = [layer for layer in start.encoder if isinstance(layer, torch.nn.Linear)]
    sizes = [layers[0].in_features, *(layer.out_features for layer in layers)]
    network = FeedforwardAutoencoder(sizes, activation_fn=torch.nn.ReLU, random_state=SEED)
    network.to(layers[0].weight.dtype)
    with torch.no_grad():
        for theirs, ours in zip(network.parameters(), start.parameters(), strict=True):
            theirs.copy_(ours)
    return network
