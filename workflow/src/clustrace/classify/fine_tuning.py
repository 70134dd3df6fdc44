"""Discriminative fine-tuning: a softmax on a learnt encoder, and back-propagation through both."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from clustrace.classify.cross_entropy import ClassificationObjective
from clustrace.classify.validation import Parted, choose, error_of, learner_of, listed, parted
from clustrace.errors import DivergedError, NotApplicableError
from clustrace.nets.classifier import LayeredClassifier
from clustrace.nets.tied import DropoutNetwork
from clustrace.train.encoding import as_rows, encode_all, to_device, to_numpy
from clustrace.train.engine import TrainingPlan, iterations_of, train
from clustrace.train.optimizers import OptimizerSettings, linear_change
from clustrace.train.rows import Rows, Samples
from clustrace.train.seeds import base_seed, derive_seed
from clustrace.train.session import current_session


@dataclass(frozen=True)
class _Candidate:
    encoding_factor: int
    learning_rate: float

    def told(self) -> dict[str, float]:
        """For people; 0 stands for layers that know no such factor."""
        told: dict[str, float] = {"learning_rate": self.learning_rate}
        return told | ({"encoding_factor": self.encoding_factor} if self.encoding_factor else {})


@dataclass(frozen=True)
class Stage:
    """One training of a fine-tuning.

    Attributes:
        fixed: encoder layers that stay as they are, counted from the input.
        epochs: passes over the data.
    """

    fixed: int
    epochs: int


class FineTunedClassifier(ClassifierMixin, BaseEstimator):
    r"""Softmax on the layers of a learnt encoder, all trained together by back-propagation.

    .. math:: \min \frac1n \sum_i -\log P(y_i | x_i)

    by SGD with momentum, at a rate that falls linearly from ``learning_rate`` to
    ``final_learning_rate`` (Makhzani and Frey 2014, sections 4.2.2 and 4.5). The layers keep the
    noise that they were learnt with: dropout, masking noise, or the αk largest units. Without
    ``features`` it is the network without pre-training: rectified linear units and a softmax
    from weights N(0, 0.01²).

    Of several encoding factors, and of several learning rates, those are taken whose validation
    error is lowest; of equals, the first. One by which the loss diverges counts as an error of
    100 per cent.

    The defaults are those of the paper for MNIST.

    Args:
        features: a fitted feature learner whose ``network_`` has ``layers()``; it is left as it
            is. None: no pre-training.
        hidden_units: units of each layer where there are no ``features``.
        encoding_factor: α, one or several: the learner's ``with_encoding_factor`` then keeps α k
            units where it kept k. None: the layers keep what they do.
        epochs: passes over the data.
        batch_size: samples a gradient step.
        learning_rate: initial step size, one or several.
        final_learning_rate: step size at the end.
        momentum: momentum.
        random_state: seed of the weights of the softmax, of the order of samples and of noise.

    Attributes:
        classes_: labels, sorted.
        network_: the layers with their softmax.
        choices_: chosen hyper-parameters, and ``validation_errors`` in per cent of all candidates
            where there were several.
        history_: of each epoch the mean loss and error with noise, and the error on the
            validation samples; ``stage`` counts the trainings of a candidate from 1.
    """

    network_: LayeredClassifier

    def __init__(
        self,
        features: TransformerMixin | None = None,
        *,
        hidden_units: Sequence[int] = (1000,),
        encoding_factor: int | Sequence[int] | None = None,
        epochs: int = 200,
        batch_size: int = 100,
        learning_rate: float | Sequence[float] = 1.0,
        final_learning_rate: float = 0.001,
        momentum: float = 0.25,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.features = features
        self.hidden_units = hidden_units
        self.encoding_factor = encoding_factor
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.final_learning_rate = final_learning_rate
        self.momentum = momentum
        self.random_state = random_state

    def fit(
        self, X: Samples, y: np.ndarray, validation: tuple[Samples, np.ndarray] | None = None
    ) -> Self:
        """Learn from samples ``[n, n_features]`` with labels ``[n]``.

        Args:
            X: samples.
            y: their labels.
            validation: samples with labels that hyper-parameters are chosen by; None: a sixth of
                the samples, drawn at random, where there is anything to choose.

        Raises:
            NotApplicableError: all labels are equal, or an encoding factor is given for features
                that know none.
            DivergedError: the loss is not finite.
        """
        X, y = validate_data(self, as_rows(X), y, dtype=np.float32, accept_sparse="csr")
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise NotApplicableError(
                "Labels of one class alone leave nothing to tell apart; give samples of two "
                "classes or more."
            )
        factors = [0] if self.encoding_factor is None else listed(self.encoding_factor)
        candidates = [
            _Candidate(int(factor), float(rate))
            for factor, rate in product(factors, listed(self.learning_rate))
        ]
        seed = base_seed(self.random_state)
        parts = parted(self, X, y, validation, several=len(candidates) > 1)
        self.history_: list[dict[str, Any]] = []
        networks: dict[_Candidate, LayeredClassifier] = {}

        def error(candidate: _Candidate) -> float:
            number = candidates.index(candidate)
            try:
                networks[candidate] = self._trained(parts, candidate, number, seed)
            except DivergedError:
                # The others may do; if none does, training the best anew says so.
                return 100.0
            predicted = self._labels(networks[candidate], parts.validation_samples)
            return error_of(predicted, parts.validation_labels)

        choice = choose(candidates, error)
        self.network_ = networks.get(choice.best) or self._trained(parts, choice.best, 0, seed)
        self.choices_: dict[str, Any] = {**choice.best.told()}
        if choice.errors:
            self.choices_["validation_errors"] = [
                {**candidate.told(), "error": found}
                for candidate, found in zip(candidates, choice.errors, strict=True)
            ]
        return self

    def _stages(self, layers: int) -> list[Stage]:
        """The trainings of an encoder with this many layers, each from what the last left."""
        return [Stage(fixed=0, epochs=self.epochs)]

    def _trained(
        self, parts: Parted, candidate: _Candidate, number: int, seed: int
    ) -> LayeredClassifier:
        """The network of a candidate, trained stage by stage."""
        n, n_features = parts.samples.shape
        network = self._network(n_features, self.classes_, candidate.encoding_factor, seed)
        data, device = to_device(parts.samples), current_session().device
        labels = _numbers(self.classes_, parts.labels).to(device)
        others = to_device(parts.validation_samples)
        other_labels = _numbers(self.classes_, parts.validation_labels).to(device)
        for place, stage in enumerate(self._stages(len(network.encoder)), start=1):
            below, above = network.encoder[: stage.fixed], network.encoder[stage.fixed :]
            # What stays as it is has no noise, and is computed once.
            codes, other_codes = (
                encode_all(below, rows) if stage.fixed and len(rows) else rows
                for rows in (data, others)
            )
            objective = self._objective(
                nn.Sequential(*above, network.output),
                labels,
                (other_codes, other_labels) if len(others) else None,
                per_epoch=math.ceil(n / min(self.batch_size, n)),
            )
            phase = f"candidate-{number}-stage-{place}"
            plan = self._plan(stage.epochs, candidate.learning_rate, n)
            history = train(objective, codes, plan, phase=phase, seed=seed)
            self.history_ += [
                {"candidate": number, "stage": place, **candidate.told(), **row}
                for row in history.rows
            ]
        return network.eval()

    def _objective(
        self,
        module: nn.Module,
        labels: Tensor,
        validation: tuple[Rows, Tensor] | None,
        *,
        per_epoch: int,
    ) -> ClassificationObjective:
        """What is minimised; the arguments are those of :class:`ClassificationObjective`."""
        return ClassificationObjective(module, labels, validation, per_epoch=per_epoch)

    def _plan(self, epochs: int, learning_rate: float, n: int) -> TrainingPlan:
        iterations = iterations_of(epochs, n, self.batch_size)
        rate = linear_change(learning_rate, self.final_learning_rate, max(1, iterations))
        return TrainingPlan(
            iterations=iterations,
            batch_size=self.batch_size,
            optimizer=OptimizerSettings("sgd", rate, self.momentum),
        )

    def _network(
        self, n_features: int, classes: np.ndarray, encoding_factor: int, seed: int
    ) -> LayeredClassifier:
        """Layers of the learner, or new ones, with what tells the classes on top."""
        learner = learner_of(self.features, encoding_factor)
        if learner is None:
            layers, units = self._new_layers(n_features, seed)
        else:
            units = len(learner.get_feature_names_out())
            # A copy, as the learner serves other classifiers too.
            layers = copy.deepcopy(learner.network_.layers())
        # Labels that are no whole numbers have no place in a file; runs have none of them.
        whole = np.issubdtype(classes.dtype, np.integer)
        numbers = classes if whole else np.arange(len(classes))
        return LayeredClassifier(
            layers,
            units,
            torch.from_numpy(numbers.astype(np.int64)),
            encoding_factor,
            output=self._output(units, len(classes), seed),
            seed=derive_seed(seed, "softmax"),
        ).to(current_session().device)

    def _new_layers(self, n_features: int, seed: int) -> tuple[list[nn.Module], int]:
        """Layers where there is no learner, and the units of the last."""
        network = DropoutNetwork(n_features, self.hidden_units, seed=derive_seed(seed, "weights"))
        return network.layers(), self.hidden_units[-1]

    def _output(self, units: int, classes: int, seed: int) -> nn.Module | None:
        """What tells the logits of the classes from the last layer's units; None: a softmax."""
        return None

    def _labels(self, network: LayeredClassifier, X: Samples) -> np.ndarray:
        return self.classes_[to_numpy(encode_all(network, to_device(X)).argmax(dim=1))]

    def _checked(self, X: Samples) -> Samples:
        check_is_fitted(self, "network_")
        return validate_data(self, as_rows(X), reset=False, dtype=np.float32, accept_sparse="csr")

    def predict(self, X: Samples) -> np.ndarray:
        """Most probable label of each sample, ``[n]``."""
        X = self._checked(X)
        return self._labels(self.network_, X)

    def predict_proba(self, X: Samples) -> np.ndarray:
        """Probability of each class, float64 ``[n, n_classes]``."""
        X = self._checked(X)
        logits = encode_all(self.network_, to_device(X))
        return to_numpy(logits.double().softmax(dim=1))

    def load_weights(self, weights: dict[str, np.ndarray], n_features: int) -> Self:
        """Make this estimator fitted with weights from a file.

        Args:
            weights: arrays by the names of the network's state.
            n_features: number of features of a sample.
        """
        factor = int(weights["encoding_factor"])
        network = self._network(n_features, weights["classes"], factor, 0)
        network.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
        self.network_ = network.eval()
        self.classes_ = weights["classes"]
        self.history_, self.choices_ = [], {}
        self.n_features_in_ = n_features
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _numbers(classes: np.ndarray, labels: np.ndarray) -> Tensor:
    """Place of each label among the classes, int64; -1 for one that is not among them."""
    places = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
    return torch.from_numpy(np.where(classes[places] == labels, places, -1))
