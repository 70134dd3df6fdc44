"""The computation of feature learners and classifiers, counted from their arguments.

All samples count, though a validation and a test part are not learnt from: a margin of a third.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

#: Iterations of L-BFGS on a softmax until its gradient is small, where max_iter allows them.
_SOFTMAX_ITERATIONS = 200
#: Products of a gradient step relative to one forward pass: forward, and both gradients.
_STEP = 3
#: As many of contrastive divergence: three passes, and the statistics of two.
_CONTRASTIVE = 5
#: Products of a sparse autoencoder: two of its layers forward, three backward.
_SPARSE = 5
#: Evaluations of a step of L-BFGS with its line search.
_SEARCH = 1.1
#: As many of hybrid learning: six passes, and the gradients of two.
_HYBRID = 8


@dataclass(frozen=True)
class Learning:
    """What is learnt.

    Attributes:
        count: samples n.
        features: numbers in one.
        classes: classes of a classifier.
        arguments: of the estimator.
        start: arguments of the learner that it starts from; empty without one.
    """

    count: int
    features: int
    classes: int
    arguments: Mapping[str, Any]
    start: Mapping[str, Any]

    @property
    def widths(self) -> list[int]:
        """Numbers in a sample, and units of each layer."""
        units = self.start.get("hidden_units", self.arguments.get("hidden_units", []))
        return [self.features, *(units if isinstance(units, Sequence) else [units])]

    @property
    def steps_an_epoch(self) -> int:
        """Gradient steps of one pass over the data."""
        batch_size: int = self.arguments["batch_size"]
        return math.ceil(self.count / batch_size)


@dataclass(frozen=True)
class Learnt:
    """Computation of one seed.

    Attributes:
        products: multiply-adds of matrix products.
        steps: gradient steps.
        parameters: weights and biases.
    """

    products: float
    steps: int
    parameters: int


def _sizes(widths: Sequence[int]) -> list[int]:
    return [n_in * n_out for n_in, n_out in pairwise(widths)]


def _tied(learning: Learning) -> Learnt:
    """Tied autoencoders, layer by layer: both directions of a layer, and the layers below once."""
    epochs, layers = learning.arguments["epochs"], _sizes(learning.widths)
    products = learning.count * epochs * sum(2 * _STEP * layer for layer in layers)
    steps = epochs * learning.steps_an_epoch * len(layers)
    return Learnt(products, steps, sum(layers) + sum(learning.widths))


def _machine(learning: Learning) -> Learnt:
    """Restricted Boltzmann machines, one or one on top of the other."""
    arguments, layers = learning.arguments, _sizes(learning.widths)
    epochs = arguments["epochs"] if "epochs" in arguments else arguments["layer_epochs"]
    products = learning.count * epochs * _CONTRASTIVE * sum(layers)
    steps = epochs * learning.steps_an_epoch * len(layers)
    # Units between two machines have a bias in each of them.
    biases = sum(learning.widths) + sum(learning.widths[1:-1])
    return Learnt(products, steps, sum(layers) + biases)


def _deep_machine(learning: Learning) -> Learnt:
    """Its layers, and the whole: mean field, chains, and the energies of both with gradients."""
    arguments, layers = learning.arguments, _machine(learning)
    lower, upper = _sizes(learning.widths)
    mean_field = lower + 2 * (1 + arguments["mean_field_updates"]) * upper
    chains = arguments["chains"] / arguments["batch_size"]
    gibbs = 2 * chains * arguments["gibbs_updates"] * (lower + upper)
    energies = 2 * (1 + chains) * (lower + upper)
    epochs = arguments["stack_epochs"]
    return Learnt(
        layers.products + learning.count * epochs * (mean_field + gibbs + energies),
        layers.steps + epochs * learning.steps_an_epoch,
        lower + upper + sum(learning.widths),
    )


def _third_order(learning: Learning) -> Learnt:
    """A machine for each class, all of which a sample and its reconstruction go through."""
    arguments = learning.arguments
    visible = learning.widths[-1] if learning.start else learning.features
    machines = learning.classes * visible * arguments["hidden_units"]
    epochs = _number(arguments.get("learning_rate")) * arguments["epochs"]
    products = learning.count * epochs * _HYBRID * machines
    return Learnt(products, epochs * learning.steps_an_epoch, machines)


def _logistic(learning: Learning) -> Learnt:
    """Of each candidate the features once, and two products with the softmax an iteration."""
    factors = _number(learning.arguments.get("encoding_factor"))
    candidates = factors * _number(learning.arguments.get("regularisation"))
    widths = learning.widths if learning.start else [learning.features]
    iterations = min(_SOFTMAX_ITERATIONS, learning.arguments.get("max_iter", _SOFTMAX_ITERATIONS))
    softmax = widths[-1] * learning.classes
    encoding = sum(_sizes(widths))
    products = candidates * learning.count * (2 * iterations * softmax + 2 * encoding)
    return Learnt(products, 0, softmax + learning.classes)


def _fine_tuned(learning: Learning) -> Learnt:
    arguments, widths = learning.arguments, [*learning.widths, learning.classes]
    rates, factors = (_number(arguments.get(n)) for n in ("learning_rate", "encoding_factor"))
    layers = _sizes(widths)
    upper = arguments.get("softmax_epochs", 0), arguments.get("upper_epochs", 0)
    epochs = arguments["epochs"] + upper[0] + upper[1] * max(0, len(layers) - 2)
    candidates = rates * factors
    # As if all layers learnt in each stage; what is fixed is computed once.
    products = candidates * learning.count * epochs * _STEP * sum(layers)
    steps = candidates * epochs * learning.steps_an_epoch
    return Learnt(products, steps, sum(layers) + sum(widths[1:]))


def _sparse_stack(learning: Learning) -> Learnt:
    """Sparse autoencoders by L-BFGS, each with its share of a layer's units on its own samples."""
    arguments, layers = learning.arguments, _sizes(learning.widths)
    count = min(learning.count, arguments.get("max_samples") or learning.count)
    share = sum(layers) / arguments.get("n_clusters", 1)
    iterations = arguments["iterations"]
    products = count * iterations * _SEARCH * _SPARSE * share
    return Learnt(products, iterations * len(layers), sum(layers) + sum(learning.widths[1:]))


def _convolved(learning: Learning) -> Learnt:
    """The same on patches; images are convolved by what starts from it."""
    arguments = learning.arguments
    channels = arguments["image_shape"][2] if arguments.get("image_shape") else 1
    patch = channels * arguments["patch_size"] ** 2
    stack = {**arguments, "hidden_units": [arguments["units"]]}
    return _sparse_stack(Learning(arguments["n_patches"], patch, 0, stack, {}))


def _number(value: object) -> int:
    return len(value) if isinstance(value, list) else 1


#: How the computation of each estimator is counted.
LAYERED: Mapping[str, Callable[[Learning], Learnt]] = {
    "DropoutAutoencoder": _tied,
    "KSparseAutoencoder": _tied,
    "RBM": _machine,
    "DBN": _machine,
    "DBM": _deep_machine,
    "ThirdOrderRBM": _third_order,
    "StackedSparseAutoencoder": _sparse_stack,
    "StackedDenoisingSparseAutoencoder": _sparse_stack,
    "KMeansSparseAutoencoder": _sparse_stack,
    "ConvolvedPatchAutoencoder": _convolved,
    "LogisticRegressionOnFeatures": _logistic,
    "FineTunedClassifier": _fine_tuned,
    "LayerwiseFineTunedClassifier": _fine_tuned,
}
