"""Multinomial logistic regression on pixels, or on features that were learnt before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Self

import numpy as np
import sklearn.linear_model
import torch
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from clustrace.classify.validation import Parted, choose, error_of, learner_of, listed, parted
from clustrace.errors import NotApplicableError
from clustrace.nets.softmax import SoftmaxRegression
from clustrace.train.checkpoints import Checkpoint
from clustrace.train.encoding import as_rows, to_numpy
from clustrace.train.rows import Samples
from clustrace.train.session import Progress, current_session


@dataclass(frozen=True)
class _Candidate:
    regularisation: float
    encoding_factor: int

    def told(self) -> dict[str, float]:
        """For people; 0 stands for features that know no such factor."""
        told: dict[str, float] = {"regularisation": self.regularisation}
        return told | ({"encoding_factor": self.encoding_factor} if self.encoding_factor else {})


class LogisticRegressionOnFeatures(ClassifierMixin, BaseEstimator):
    r"""Multinomial logistic regression on pixels or on features, with a squared penalty.

    .. math:: \frac1n \sum_i -\log P(y_i | z_i) + \frac\lambda2 \|W\|^2

    minimised by L-BFGS, as Makhzani and Frey (2014, section 4) judge features without fine-tuning
    ("we train a logistic regression classifier"); they state neither the solver nor a penalty. Of
    several :math:`\lambda`, and of several encoding factors, those are taken whose validation
    error is lowest; of equals, the first.

    Args:
        features: a fitted feature learner, whose weights stay as they are; None: the pixels.
        regularisation: :math:`\lambda`, one or several.
        encoding_factor: α, one or several: the learner's ``with_encoding_factor`` then keeps α k
            units where it kept k in training. None: the learner encodes as it does.
        max_iter: most iterations of L-BFGS.
        tol: largest entry of the gradient at which it stops.
        random_state: seed of the samples that are held out where no validation samples are given.

    Attributes:
        classes_: labels, sorted.
        network_: the softmax with the weights ``[n_classes, n_features_out]``.
        choices_: chosen hyper-parameters, and ``validation_errors`` in per cent of all candidates
            where there were several.
        history_: one row for each candidate: iterations, and its validation error.
        n_iter_: iterations of the chosen one.
    """

    network_: SoftmaxRegression

    def __init__(
        self,
        features: TransformerMixin | None = None,
        *,
        regularisation: float | Sequence[float] = 1e-4,
        encoding_factor: int | Sequence[int] | None = None,
        max_iter: int = 1000,
        tol: float = 1e-4,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.features = features
        self.regularisation = regularisation
        self.encoding_factor = encoding_factor
        self.max_iter = max_iter
        self.tol = tol
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
            _Candidate(float(penalty), int(factor))
            for factor, penalty in product(factors, listed(self.regularisation))
        ]
        parts = parted(self, X, y, validation, several=len(candidates) > 1)
        self.history_: list[dict[str, Any]] = []
        networks: dict[_Candidate, SoftmaxRegression] = {}

        def error(candidate: _Candidate) -> float:
            networks[candidate] = self._trained(parts, candidate)
            predicted = self._labels(networks[candidate], parts.validation_samples)
            found = error_of(predicted, parts.validation_labels)
            self.history_[-1]["validation_error"] = found
            return found

        choice = choose(candidates, error)
        self.network_ = networks.get(choice.best) or self._trained(parts, choice.best)
        self.n_iter_ = int(self.history_[candidates.index(choice.best)]["iteration"])
        self.choices_: dict[str, Any] = {**choice.best.told()}
        if choice.errors:
            self.choices_["validation_errors"] = [
                {**candidate.told(), "error": found}
                for candidate, found in zip(candidates, choice.errors, strict=True)
            ]
        return self

    def _trained(self, parts: Parted, candidate: _Candidate) -> SoftmaxRegression:
        """The softmax of a candidate: from a checkpoint of this run, or trained."""
        session, number = current_session(), len(self.history_)
        phase = f"candidate-{number}"
        saved = session.checkpoints.load(phase)
        if saved is None:
            saved = self._minimised(parts, candidate)
            session.checkpoints.save(phase, saved)
        steps = saved.facts["step"]
        self.history_.append({"candidate": number, "iteration": steps, **candidate.told()})
        session.report(Progress(phase, steps, steps, number, number + 1, saved.facts["loss"]))
        # Labels that are no whole numbers have no place in a file; runs have none of them.
        whole = np.issubdtype(self.classes_.dtype, np.integer)
        classes = self.classes_ if whole else np.arange(len(self.classes_))
        return SoftmaxRegression(
            saved.tensors["weight"],
            saved.tensors["bias"],
            torch.from_numpy(classes.astype(np.int64)),
            candidate.encoding_factor,
        )

    def _minimised(self, parts: Parted, candidate: _Candidate) -> Checkpoint:
        codes = self._encoded(parts.samples, candidate.encoding_factor)
        model = sklearn.linear_model.LogisticRegression(
            C=1.0 / (candidate.regularisation * codes.shape[0]),
            max_iter=self.max_iter,
            tol=self.tol,
        ).fit(codes, parts.labels)
        weight, bias = self._of_all_classes(model)
        proba = model.predict_proba(codes)
        rows = np.searchsorted(model.classes_, parts.labels)
        chosen = proba[np.arange(len(rows)), rows]
        loss = float(-np.log(np.maximum(chosen, np.finfo(np.float32).tiny)).mean())
        facts = {"step": int(model.n_iter_.max()), "finished": True, "loss": loss}
        return Checkpoint({"weight": weight, "bias": bias}, facts)

    def _of_all_classes(self, model: Any) -> tuple[Tensor, Tensor]:
        """Weights of every class: scikit-learn has those of the second alone where there are two.

        A class that was held out has no weights, and is never predicted.
        """
        coefficients, intercepts = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
            intercepts = np.concatenate([np.zeros_like(intercepts), intercepts])
        rows = np.searchsorted(self.classes_, model.classes_)
        weight = np.zeros((len(self.classes_), coefficients.shape[1]), np.float32)
        bias = np.full(len(self.classes_), np.finfo(np.float32).min, np.float32)
        weight[rows], bias[rows] = coefficients, intercepts
        return torch.from_numpy(weight), torch.from_numpy(bias)

    def _encoded(self, X: Samples, encoding_factor: int) -> Samples:
        learner = learner_of(self.features, encoding_factor)
        return X if learner is None else learner.transform(X)

    def _logits(self, network: SoftmaxRegression, X: Samples) -> np.ndarray:
        codes = self._encoded(X, int(network.encoding_factor))
        weight, bias = to_numpy(network.weight), to_numpy(network.bias)
        return np.asarray(codes @ weight.T) + bias

    def _labels(self, network: SoftmaxRegression, X: Samples) -> np.ndarray:
        return self.classes_[self._logits(network, X).argmax(axis=1)]

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
        logits = self._logits(self.network_, X).astype(np.float64)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def load_weights(self, weights: dict[str, np.ndarray], n_features: int) -> Self:
        """Make this estimator fitted with weights from a file.

        Args:
            weights: arrays by the names of the network's state.
            n_features: number of features of a sample.
        """
        tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
        self.network_ = SoftmaxRegression(
            tensors["weight"],
            tensors["bias"],
            tensors["classes"],
            int(tensors["encoding_factor"]),
        )
        self.classes_ = weights["classes"]
        self.history_, self.choices_ = [], {}
        self.n_features_in_ = n_features
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
