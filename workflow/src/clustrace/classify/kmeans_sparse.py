"""Stacked sparse autoencoder whose layers are trained as many small ones on clusters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import numpy as np
import torch
from sklearn.utils.parallel import Parallel as Processes
from sklearn.utils.parallel import delayed
from torch import Tensor

from clustrace.classify.sparse_objective import Layers
from clustrace.classify.sparse_stack import LayerTraining, SparseStackBase
from clustrace.classify.stacked_sparse import part_seed
from clustrace.cluster.kmeans import KMeans
from clustrace.errors import NotApplicableError
from clustrace.train.encoding import to_numpy
from clustrace.train.seeds import derive_seed
from clustrace.train.session import current_session, training_session

Parallel = Literal["batched", "sequential", "processes"]

_Trained = tuple[list[Layers], list[dict[str, float]]]


class KMeansSparseAutoencoder(SparseStackBase):
    r"""K-means sparse SAE (Bi, Wang, Guo et al. 2019).

    For each layer the samples, as the layers below give them, are parted into K clusters by
    k-means. On each cluster a sparse autoencoder with 1/K of the layer's units is trained as in
    :class:`~clustrace.classify.stacked_sparse.StackedSparseAutoencoder`; their encoders side by
    side are the layer, through which all samples go. With K = 1 it is that method.

    The autoencoders of a layer are independent, and what comes out does not depend on how they
    are computed: ``batched`` trains all of them at once, ``sequential`` one after the other,
    ``processes`` each in a process of its own, as many at a time as there are processors; there
    checkpoints are kept of whole layers alone.

    A cluster may have few samples, even a single one: its autoencoder is trained all the same.
    Where K does not divide the units, the first autoencoders have one more than the others.

    Args:
        n_clusters: K.
        hidden_units: units of each layer.
        parallel: how the autoencoders of a layer are computed.
        max_samples: samples that are learnt from, drawn at random where there are more; None: all.
        n_init: starts of k-means.
        sparsity: :math:`\rho`, mean activation that each unit is pulled to.
        sparsity_weight: :math:`\beta`.
        weight_decay: :math:`\lambda`.
        iterations: steps of L-BFGS an autoencoder, whatever K.
        memory: steps that L-BFGS remembers.
        random_state: seed of the initial weights and of k-means.

    Attributes:
        network_: the trained encoder.
        cluster_sizes_: number of samples of each cluster, one array a layer.
        history_: mean loss of a layer's autoencoders after each iteration; ``phase`` counts the
            layers from 1.
    """

    def __init__(
        self,
        n_clusters: int = 10,
        hidden_units: Sequence[int] = (800, 800, 800),
        *,
        parallel: Parallel = "batched",
        max_samples: int | None = None,
        n_init: int = 1,
        sparsity: float = 0.1,
        sparsity_weight: float = 3.0,
        weight_decay: float = 3e-3,
        iterations: int = 400,
        memory: int = 20,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.hidden_units = hidden_units
        self.parallel = parallel
        self.max_samples = max_samples
        self.n_init = n_init
        self.sparsity = sparsity
        self.sparsity_weight = sparsity_weight
        self.weight_decay = weight_decay
        self.iterations = iterations
        self.memory = memory
        self.random_state = random_state

    def _learnt_from(self, data: Tensor, seed: int) -> Tensor:
        if self.parallel not in get_args(Parallel):
            raise NotApplicableError(
                f"parallel is {self.parallel!r}; use one of {', '.join(get_args(Parallel))}."
            )
        require_units(min(self.hidden_units), self.n_clusters)
        self.cluster_sizes_: list[np.ndarray] = []
        if self.max_samples is None or len(data) <= self.max_samples:
            return data
        generator = torch.Generator().manual_seed(derive_seed(seed, "samples"))
        return data[torch.randperm(len(data), generator=generator)[: self.max_samples]]

    def _layer(self, data: Tensor, units: int, number: int, seed: int) -> _Trained:
        sizes: list[np.ndarray] = []
        trained = train_on_clusters(
            self._training,
            data,
            units,
            self.n_clusters,
            seed=seed,
            layer=number,
            parallel=self.parallel,
            n_init=self.n_init,
            note=sizes.append,
        )
        self.cluster_sizes_ += sizes
        return trained


def train_on_clusters(
    training: LayerTraining,
    data: Tensor,
    units: int,
    n_clusters: int,
    *,
    seed: int,
    layer: int = 1,
    parallel: Parallel = "batched",
    n_init: int = 1,
    note: Callable[[np.ndarray], None] = lambda sizes: None,
) -> _Trained:
    """Part samples by k-means and train a sparse autoencoder on each cluster.

    Args:
        training: how each is trained.
        data: samples ``[n, n_features]``.
        units: hidden units of all together.
        n_clusters: K.
        seed: seed of k-means and of the initial weights.
        layer: number of the layer, from 1, which names phases and random streams.
        parallel: how they are computed.
        n_init: starts of k-means.
        note: is given the sizes of the clusters.

    Returns:
        The autoencoders, cluster by cluster, and rows of their mean loss.

    Raises:
        NotApplicableError: there are fewer samples, or different samples, than clusters.
        DivergedError: a loss is not finite.
    """
    order, sizes = parted(data, n_clusters, n_init=n_init, layer=layer, seed=seed)
    note(sizes)
    seeds = [part_seed(seed, layer, k) for k in range(len(sizes))]
    return train_parts(training, data[order], sizes, units, seeds, f"layer-{layer}", parallel)


def train_parts(
    training: LayerTraining,
    data: Tensor,
    sizes: np.ndarray,
    units: int,
    seeds: Sequence[int],
    phase: str,
    parallel: Parallel,
) -> _Trained:
    """Train a sparse autoencoder on each of several consecutive parts of the samples.

    Args:
        training: how each is trained.
        data: samples, part after part, ``[n, n_features]``.
        sizes: number of samples of each part.
        units: hidden units of all together; a remainder goes to the first parts.
        seeds: seed of each autoencoder's initial weights.
        phase: name of this training within the run.
        parallel: how they are computed.
    """
    shares = [units // len(sizes) + (k < units % len(sizes)) for k in range(len(sizes))]
    if parallel == "batched":
        return training.run(data, sizes.tolist(), shares, seeds, phase)
    tasks = [
        (part, shares[k], seeds[k], f"{phase}-part-{k}")
        for k, part in enumerate(torch.split(data, sizes.tolist()))
    ]
    if parallel == "sequential":
        return _joined([_alone(training, *task) for task in tasks])
    return _joined(_in_processes(training, tasks))


def require_units(units: int, n_clusters: int) -> None:
    """Refuse layers that are too small for a unit on each cluster.

    Raises:
        NotApplicableError: there are fewer units than clusters.
    """
    if units < n_clusters:
        raise NotApplicableError(
            f"A layer of {units} units cannot be parted among n_clusters={n_clusters}; ask for "
            "fewer clusters or give more units."
        )


def parted(
    data: Tensor, n_clusters: int, *, n_init: int, layer: int, seed: int
) -> tuple[Tensor, np.ndarray]:
    """Rows of the samples, cluster by cluster, and the size of each cluster.

    Raises:
        NotApplicableError: there are fewer samples, or different samples, than clusters.
    """
    if n_clusters == 1:
        return torch.arange(len(data), device=data.device), np.array([len(data)])
    state = derive_seed(seed, f"clusters-{layer}") % 2**32
    labels = KMeans(n_clusters, n_init=n_init, random_state=state).fit(to_numpy(data)).labels_
    sizes = np.bincount(labels, minlength=n_clusters)
    if not sizes.all():
        raise NotApplicableError(
            f"Layer {layer} gets fewer different samples than n_clusters={n_clusters}; ask for "
            "fewer clusters or give more samples."
        )
    order = np.argsort(labels, kind="stable")
    return torch.from_numpy(order).to(data.device), sizes


def _alone(training: LayerTraining, data: Tensor, units: int, seed: int, phase: str) -> _Trained:
    """One autoencoder, trained by itself."""
    return training.run(data, [len(data)], [units], [seed], phase)


def _in_processes(
    training: LayerTraining, tasks: Sequence[tuple[Tensor, int, int, str]]
) -> list[_Trained]:
    session, threads = current_session(), torch.get_num_threads()
    results = Processes(n_jobs=-1)(
        delayed(_child)(training, to_numpy(data), *rest, session.device, session.precision, threads)
        for data, *rest in tasks
    )
    return [
        ([Layers(*(torch.from_numpy(array).to(session.device) for array in arrays))], rows)
        for arrays, rows in results
    ]


def _child(
    training: LayerTraining,
    data: np.ndarray,
    units: int,
    seed: int,
    phase: str,
    device: str,
    precision: str,
    threads: int,
) -> tuple[list[np.ndarray], list[dict[str, float]]]:
    torch.set_num_threads(threads)
    with training_session(device=device, precision=precision):
        # A copy, as torch takes no memory that it may not write to.
        samples = torch.tensor(data).to(device)
        layers, rows = _alone(training, samples, units, seed, phase)
    return [to_numpy(array) for array in layers[0]], rows


def _joined(trained: Sequence[_Trained]) -> _Trained:
    """Autoencoders that were trained apart, with their mean loss after each iteration."""
    layers = [each for single, _ in trained for each in single]
    longest = max((rows for _, rows in trained), key=len)
    joined = []
    for place, row in enumerate(longest):
        # One that has converged early keeps its loss.
        losses = [rows[min(place, len(rows) - 1)]["loss"] for _, rows in trained]
        joined.append({**row, "loss": float(torch.tensor(losses, dtype=torch.float64).mean())})
    return layers, joined
