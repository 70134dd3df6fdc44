"""Choosing hyper-parameters of classifiers by their error on samples that are not learnt from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from clustrace.errors import NotApplicableError
from clustrace.train.encoding import as_rows
from clustrace.train.rows import Samples
from clustrace.train.seeds import base_seed, derive_seed

Candidate = TypeVar("Candidate")
#: Share of the samples that is held out where no validation samples are given.
_HELD_OUT = 6


@dataclass(frozen=True)
class Parted:
    """Samples to learn from, and samples to choose by.

    Attributes:
        samples: ``[n, n_features]``.
        labels: ``[n]``.
        validation_samples: ``[m, n_features]``.
        validation_labels: ``[m]``.
    """

    samples: Samples
    labels: np.ndarray
    validation_samples: Samples
    validation_labels: np.ndarray


@dataclass(frozen=True)
class Choice(Generic[Candidate]):
    """What was chosen, and the validation error of everything that it was chosen from.

    Attributes:
        best: the candidate of the lowest error; of equals, the first.
        errors: error of each candidate in per cent, in their order; empty with a single one.
    """

    best: Candidate
    errors: tuple[float, ...] = ()


def held_out(
    samples: Samples, labels: np.ndarray, random_state: int | np.random.RandomState | None
) -> Parted:
    """A sixth of the samples put aside, at least one, drawn by ``random_state``.

    Args:
        samples: ``[n, n_features]``.
        labels: ``[n]``.
        random_state: seed of the draw.
    """
    n = samples.shape[0]
    seed = derive_seed(base_seed(random_state), "validation") % 2**32
    order = check_random_state(seed).permutation(n)
    aside, kept = np.sort(order[: max(1, n // _HELD_OUT)]), np.sort(order[max(1, n // _HELD_OUT) :])
    return Parted(samples[kept], labels[kept], samples[aside], labels[aside])


def parted(
    classifier: BaseEstimator,
    samples: Samples,
    labels: np.ndarray,
    validation: tuple[Samples, np.ndarray] | None,
    *,
    several: bool,
) -> Parted:
    """Samples of a fit, and those to choose by.

    Args:
        classifier: what is fitted, which has seen ``samples``, with a ``random_state``.
        samples: ``[n, n_features]``.
        labels: ``[n]``.
        validation: samples and labels to choose by, not checked yet; None: where there are
            ``several`` candidates, some of the samples are held out, otherwise there are none.
        several: whether there is anything to choose.
    """
    if validation is not None:
        others, their_labels = validation
        others = validate_data(
            classifier, as_rows(others), reset=False, dtype=np.float32, accept_sparse="csr"
        )
        return Parted(samples, labels, others, np.asarray(their_labels))
    if several:
        return held_out(samples, labels, classifier.random_state)
    return Parted(samples, labels, samples[:0], labels[:0])


def learner_of(features: Any, encoding_factor: int) -> Any:
    """The feature learner of a classifier, encoding with α k units where α is not 0.

    Raises:
        NotApplicableError: the features know no such factor.
    """
    if not encoding_factor:
        return features
    if not hasattr(features, "with_encoding_factor"):
        name = "No learner" if features is None else type(features).__name__
        raise NotApplicableError(f"{name} knows no encoding_factor; leave it empty.")
    return features.with_encoding_factor(encoding_factor)


def choose(
    candidates: Sequence[Candidate], error: Callable[[Candidate], float]
) -> Choice[Candidate]:
    """The candidate of the lowest error; a single one is taken without asking."""
    if len(candidates) == 1:
        return Choice(candidates[0])
    errors = tuple(error(candidate) for candidate in candidates)
    return Choice(candidates[int(np.argmin(errors))], errors)


def error_of(predicted: np.ndarray, labels: np.ndarray) -> float:
    """Share of wrong labels, in per cent."""
    return float(100.0 * np.mean(predicted != labels))


def listed(value: Any) -> list[Any]:
    """A single value, or several, as a list."""
    return list(value) if isinstance(value, Sequence | np.ndarray) else [value]
