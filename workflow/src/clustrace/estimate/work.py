"""The computation that a run asks for, counted from its settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from clustrace.estimate.classical import CLASSICAL, Problem, map_count
from clustrace.estimate.graphs import GRAPHS
from clustrace.estimate.layered import LAYERED, Learning
from clustrace.estimate.networks import (
    NetworkSize,
    as_image,
    convolutional_size,
    dense_size,
    dual_size,
    pooled_size,
)

_FLOAT = 4
_POINTER = 8
#: Iterations until a start of k-means converges; scikit-learn allows 300 and stops before.
_LLOYD_ITERATIONS = 30
#: Products with the graph and the data until the eigensolver of SEC converges.
_LANCZOS_PRODUCTS = 200


@dataclass(frozen=True)
class Samples:
    """What a run reads.

    Attributes:
        count: number of samples n.
        shape: shape of one.
        nonzeros: values other than 0 in one where they are sparse; None: they are dense.
    """

    count: int
    shape: tuple[int, ...]
    nonzeros: float | None = None

    @property
    def features(self) -> int:
        """Numbers in one sample."""
        return math.prod(self.shape)

    @property
    def stored(self) -> float:
        """Numbers that are stored of one sample."""
        return self.features if self.nonzeros is None else self.nonzeros

    @property
    def bytes(self) -> int:
        """Size of the features: float32, and of sparse ones an int32 column beside each."""
        if self.nonzeros is None:
            return _FLOAT * self.count * self.features
        return round(2 * _FLOAT * self.count * self.nonzeros) + _POINTER * (self.count + 1)


@dataclass(frozen=True)
class Work:
    """Computation of a job.

    Attributes:
        dense: floating-point operations of fully connected layers and other matrix products.
        convolution: those of convolutions.
        distances: those that memory limits, as the distances of k-means.
        steps: gradient steps.
        weights: bytes of the networks that it trains, one for each seed, in float32.
        updates: label vectors that it keeps over its iterations.
        copies: memory that it needs beside its imports, as a multiple of the features.
        hidden: bytes of the outputs of a hidden layer that are held at once.
    """

    dense: float = 0.0
    convolution: float = 0.0
    distances: float = 0.0
    steps: int = 0
    weights: int = 0
    updates: int = 0
    copies: float = 2.2
    hidden: int = 0

    def repeated(self, times: int) -> Work:
        """The same for several seeds, one after the other."""
        return Work(
            dense=self.dense * times,
            convolution=self.convolution * times,
            distances=self.distances * times,
            steps=self.steps * times,
            weights=self.weights * times,
            updates=self.updates * times,
            copies=self.copies,
            hidden=self.hidden,
        )


Settings = Mapping[str, Any]


def work_of(settings: Settings, samples: Samples) -> Work | None:
    """Computation of a run of all its seeds; None for an estimator that nobody has counted.

    A training that stops when its labels settle is counted up to its most iterations.

    Args:
        settings: as :meth:`clustrace.config.plan.Plan.run_settings` has them.
        samples: what the run reads.
    """
    count = _COUNTED.get(_class(settings))
    if count is None:
        return None
    try:
        return count(settings, samples).repeated(len(settings["seeds"]))
    except (KeyError, TypeError, ValueError):  # an estimator's default, or another version's
        return None


def network_of(settings: Settings, samples: Samples) -> tuple[NetworkSize, bool]:
    """Size of a run's network, and whether it is convolutional.

    Raises:
        KeyError: the settings do not say.
    """
    start = settings["pretrained"] or settings
    arguments = start["arguments"]
    if _class(start) == "ConvolutionalAutoencoder":
        shape = as_image(samples.shape)
        return convolutional_size(shape, arguments["embedding_size"], arguments["filters"]), True
    if _class(start) == "DualAutoencoder":
        shape = as_image(samples.shape)
        return dual_size(shape, arguments["embedding_size"], arguments["filters"]), True
    if _class(start) == "DeepCluster":
        shape = as_image(samples.shape)
        width, components = arguments["embedding_size"], arguments["n_components"]
        return pooled_size(shape, width, arguments["filters"], components), True
    size = dense_size(samples.features, arguments["hidden_units"], arguments["embedding_size"])
    return size, False


def _class(settings: Settings) -> str:
    return str(settings["estimator"]).rpartition(":")[2]


def _autoencoder(settings: Settings, samples: Samples) -> Work:
    arguments = settings["arguments"]
    network, _ = network_of(settings, samples)
    steps = arguments["epochs"] * math.ceil(samples.count / arguments["batch_size"])
    operations = 2.0 * steps * network.step(arguments["batch_size"])
    return _training(settings, samples, operations, steps)


def _augmented(settings: Settings, samples: Samples) -> Work:
    arguments = settings["arguments"]
    network, _ = network_of(settings, samples)
    batch = min(arguments["batch_size"], samples.count)
    steps = min(_passes(arguments.get("epochs"), samples.count, batch), arguments["max_iterations"])
    return _training(settings, samples, 2.0 * steps * network.step(batch), int(steps))


def _self_paced(settings: Settings, samples: Samples) -> Work:
    """As if all samples were selected: at the start of EmAEC half of them are."""
    arguments = settings["arguments"]
    network, _ = network_of(settings, samples)
    batch, rounds = min(arguments["batch_size"], samples.count), arguments["rounds"]
    steps = rounds * (arguments["round_iterations"] or math.ceil(samples.count / batch))
    products = steps * network.step(batch, decoder=False)
    products += (rounds + 2) * samples.count * network.encoder
    return _training(settings, samples, 2.0 * products, steps, updates=rounds + 1)


def _passes(epochs: int | None, n: int, batch_size: int) -> float:
    return math.inf if epochs is None else epochs * math.ceil(n / batch_size)


def _layerwise(settings: Settings, samples: Samples) -> Work:
    arguments = settings["arguments"]
    network, _ = network_of(settings, samples)
    batch = arguments["batch_size"]
    # A layer and its mirror image, on samples of its own.
    layers = sum(batch * 5 * layer for layer in network.layers)
    layer_steps, stack_steps = arguments["layer_iterations"], arguments["stack_iterations"]
    operations = 2.0 * (layer_steps * layers + stack_steps * network.step(batch))
    steps = layer_steps * len(network.layers) + stack_steps
    return _training(settings, samples, operations, steps)


def _stacked(settings: Settings, samples: Samples) -> Work:
    arguments = settings["arguments"]
    network, _ = network_of(settings, samples)
    batch = arguments["batch_size"]
    epoch = math.ceil(samples.count / batch)
    layer_steps, stack_steps = (arguments[f"{part}_epochs"] * epoch for part in ("layer", "stack"))
    layers = sum(batch * 5 * layer for layer in network.layers)
    operations = 2.0 * (layer_steps * layers + stack_steps * network.step(batch))
    steps = layer_steps * len(network.layers) + stack_steps
    hidden = _FLOAT * samples.count * max(arguments["hidden_units"])
    return _training(settings, samples, operations, steps, hidden=hidden)


def _dcn(settings: Settings, samples: Samples) -> Work:
    arguments = settings["arguments"]
    network, _ = network_of(settings, samples)
    batch, epochs = arguments["batch_size"], arguments["epochs"]
    steps = epochs * math.ceil(samples.count / batch)
    decoder = arguments["reconstruction_weight"] > 0
    # Each batch is embedded once more after its step, and all samples once an epoch.
    products = steps * (network.step(batch, decoder=decoder) + batch * network.encoder)
    products += (epochs + 2) * samples.count * network.encoder
    return _training(settings, samples, 2.0 * products, steps, updates=epochs + 1)


def _vade(settings: Settings, samples: Samples) -> Work:
    arguments = settings["arguments"]
    network, _ = network_of(settings, samples)
    batch, epochs = arguments["batch_size"], arguments["epochs"]
    steps = epochs * math.ceil(samples.count / batch)
    # The second output of the last hidden layer is as large as the first.
    products = steps * (network.step(batch) + 3 * batch * network.layers[-1])
    products += (epochs + 2) * samples.count * network.encoder
    return _training(settings, samples, 2.0 * products, steps, updates=epochs + 1)


def _deep_cluster(settings: Settings, samples: Samples) -> Work:
    arguments = settings["arguments"]
    network, _ = network_of(settings, samples)
    batch, epochs = arguments["batch_size"], arguments["epochs"]
    steps = epochs * math.ceil(samples.count / batch)
    # All samples are embedded twice an epoch, before the whitening is known and after.
    products = steps * network.step(batch, decoder=False)
    products += 2 * (epochs + 1) * samples.count * network.encoder
    iterations = arguments["kmeans_iterations"]
    components = min(arguments["n_components"], arguments["embedding_size"])
    once = 2.0 * samples.count * components * arguments["n_clusters"]
    distances = epochs * once * (iterations + 2)
    return _training(
        settings,
        samples,
        2.0 * products,
        steps,
        distances=distances,
        hidden=2 * _FLOAT * samples.count * components,
    )


def _dsc_dan(settings: Settings, samples: Samples) -> Work:
    arguments = settings["arguments"]
    network, _ = network_of(settings, samples)
    batch, steps = min(arguments["batch_size"], samples.count), arguments["max_iterations"]
    width, clusters = settings["pretrained"]["arguments"]["embedding_size"], settings["n_clusters"]
    classifier = dense_size(width, arguments["classifier_units"], clusters).encoder
    updates = steps // arguments["update_interval"] + 1
    # The distances of all pairs of a batch find the neighbours, without a gradient.
    alone = arguments["classifier_iterations"]
    dense = 3 * (steps + alone) * batch * classifier + steps * batch**2 * width
    dense += (updates + 1) * samples.count * classifier
    products = steps * network.step(batch) + (updates + 2) * samples.count * network.encoder
    return _training(
        settings, samples, 2.0 * products, steps + alone, updates=updates, dense=2.0 * dense
    )


def _training(
    settings: Settings, samples: Samples, operations: float, steps: int, **more: Any
) -> Work:
    network, convolutional = network_of(settings, samples)
    kind = "convolution" if convolutional else "dense"
    weights = _FLOAT * network.parameters
    return Work(steps=steps, weights=weights, **{kind: operations, **more})


def _self_training(*, decoder: bool) -> Callable[[Settings, Samples], Work]:
    def count(settings: Settings, samples: Samples) -> Work:
        arguments = settings["arguments"]
        network, _ = network_of(settings, samples)
        steps = arguments["max_iterations"]
        updates = steps // arguments["update_interval"] + 1
        products = steps * network.step(arguments["batch_size"], decoder=decoder)
        products += updates * samples.count * network.encoder
        return _training(settings, samples, 2.0 * products, steps, updates=updates, copies=2.8)

    return count


def _kmeans(settings: Settings, samples: Samples) -> Work:
    distances = _kmeans_distances(settings, samples, samples.stored)
    return Work(distances=distances, copies=5.0)


def _kmeans_distances(settings: Settings, samples: Samples, features: float) -> float:
    """Operations of k-means: its starts (greedy k-means++), then Lloyd's iterations."""
    arguments, clusters = settings["arguments"], settings["n_clusters"]
    iterations = min(_LLOYD_ITERATIONS, arguments.get("max_iter", _LLOYD_ITERATIONS))
    once = 2.0 * samples.count * features * clusters
    return float(arguments["n_init"] * once * (iterations + 2 + math.log(clusters)))


def _embedding_kmeans(settings: Settings, samples: Samples) -> Work:
    network, convolutional = network_of(settings, samples)
    operations = 2.0 * samples.count * network.encoder
    width = settings["pretrained"]["arguments"]["embedding_size"]
    return Work(
        dense=0.0 if convolutional else operations,
        convolution=operations if convolutional else 0.0,
        distances=_kmeans_distances(settings, samples, width),
        copies=3.0,
    )


def _n2d(settings: Settings, samples: Samples) -> Work:
    network, convolutional = network_of(settings, samples)
    arguments, clusters = settings["arguments"], settings["n_clusters"]
    embedded = 2.0 * samples.count * network.encoder
    dimensions = arguments["n_components"] or clusters
    mapping = map_count(samples.count, arguments["n_neighbors"], dimensions)
    components = arguments["max_iter"] * 2.0 * samples.count * clusters * dimensions**2
    return Work(
        dense=components + (0.0 if convolutional else embedded),
        convolution=embedded if convolutional else 0.0,
        distances=mapping.distances,
        copies=3.0 + mapping.bytes / samples.bytes,
    )


def _sec(settings: Settings, samples: Samples) -> Work:
    n, features = samples.count, samples.features
    # In float64, which is half as fast: all pairs for the neighbours, then the ridge.
    products = 2 * (2.0 * n**2 * features + 2.0 * n * features**2)
    eigensolver = _LANCZOS_PRODUCTS * 4.0 * n * features
    on_indicators = _kmeans_distances(settings, samples, settings["n_clusters"])
    return Work(dense=products, distances=eigensolver + on_indicators, copies=10.0)


def _classical(settings: Settings, samples: Samples) -> Work:
    # A method that finds the number of clusters is given none.
    clusters, arguments = settings["n_clusters"] or 1, settings["arguments"]
    problem = Problem(samples.count, samples.features, clusters, arguments)
    count = _CLASSICAL[_class(settings)](problem)
    starts = arguments.get("n_init")
    on_embedding = _kmeans_distances(settings, samples, clusters) if starts else 0.0
    return Work(
        dense=count.dense,
        distances=count.distances + on_embedding,
        copies=5.0 + count.bytes / samples.bytes,
    )


def _layered(settings: Settings, samples: Samples) -> Work:
    start = settings["pretrained"]
    learning = Learning(
        samples.count,
        samples.features,
        settings["n_clusters"],
        settings["arguments"],
        start["arguments"] if start else {},
    )
    learnt = LAYERED[_class(settings)](learning)
    # The features are parted, and those of a hidden layer take more room than the samples.
    hidden = _FLOAT * samples.count * max(learning.widths[1:], default=0)
    return Work(
        dense=2.0 * learnt.products,
        steps=learnt.steps,
        weights=_FLOAT * learnt.parameters,
        copies=3.5,
        hidden=hidden,
    )


_CLASSICAL = {**CLASSICAL, **GRAPHS}
#: How the computation of each estimator is counted.
_COUNTED: Mapping[str, Callable[[Settings, Samples], Work]] = {
    "Autoencoder": _autoencoder,
    "ConvolutionalAutoencoder": _autoencoder,
    "AugmentedAutoencoder": _augmented,
    "EmAEC": _self_paced,
    "ASPCDA": _self_paced,
    "LayerwiseAutoencoder": _layerwise,
    "StackedAutoencoder": _stacked,
    "DCN": _dcn,
    "DEC": _self_training(decoder=False),
    "IDEC": _self_training(decoder=True),
    "DCEC": _self_training(decoder=True),
    "KMeans": _kmeans,
    "EmbeddingKMeans": _embedding_kmeans,
    "N2D": _n2d,
    "VaDE": _vade,
    "DualAutoencoder": _autoencoder,
    "DSCDAN": _dsc_dan,
    "DeepCluster": _deep_cluster,
    "SEC": _sec,
    **dict.fromkeys(_CLASSICAL, _classical),
    **dict.fromkeys(LAYERED, _layered),
}
