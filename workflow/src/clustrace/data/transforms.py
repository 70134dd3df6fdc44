"""From samples to features: the steps that a data set declares, one after the other."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, issparse

from clustrace.config.datasets import DataSet, Transform
from clustrace.data.features import Features
from clustrace.errors import ConfigError, NotApplicableError


@dataclass(frozen=True)
class Transformed:
    """What the steps made.

    Attributes:
        features: float32 [n, D], dense or sparse.
        names: name of each feature where the last step has some (words), else empty.
    """

    features: Features
    names: tuple[str, ...] = ()


def transformed(samples: Any, dataset: DataSet, training: np.ndarray | None = None) -> Transformed:
    """Run the steps of a data set on its samples; labels are no part of it.

    Args:
        samples: an array [n, D], sparse rows, or texts.
        dataset: registry entry of the data set.
        training: True [n] for the samples that the steps are fitted on; None: on all.

    Raises:
        ConfigError: a step names no estimator, or arguments that it does not take.
        NotApplicableError: a step cannot be applied to the samples, or its features have values
            that are not finite.
    """
    count = _count(samples)
    names: tuple[str, ...] = ()
    for step in dataset.transforms:
        samples, names = _applied(step, samples, training, dataset.title)
    features = _float32(samples)
    if features.ndim != 2 or features.shape[0] != count:
        raise ConfigError(
            f"The transforms of {dataset.title} made an array of shape {features.shape} of {count} "
            "samples, not one row for each; correct them in config/datasets.yaml."
        )
    if not np.isfinite(features.data if issparse(features) else features).all():
        raise NotApplicableError(
            f"The transforms of {dataset.title} made values that are not finite; check the data, "
            "or correct the transforms in config/datasets.yaml."
        )
    return Transformed(features, names)


def _applied(
    step: Transform, samples: Any, training: np.ndarray | None, title: str
) -> tuple[Any, tuple[str, ...]]:
    estimator = _estimator(step)
    try:
        if step.result:
            return getattr(estimator.fit(samples), step.result), ()
        if training is None:
            result = estimator.fit_transform(samples)
        else:
            result = estimator.fit(_rows(samples, training)).transform(samples)
    except NotApplicableError:
        raise
    except ValueError as error:  # by which scikit-learn says that data do not fit
        raise NotApplicableError(
            f"The transform {step.estimator} cannot be applied to {title} ({error}); correct it "
            "in config/datasets.yaml, or take more samples."
        ) from error
    named = hasattr(estimator, "words_")
    return result, tuple(map(str, estimator.get_feature_names_out())) if named else ()


def _rows(samples: Any, chosen: np.ndarray) -> Any:
    if hasattr(samples, "shape"):
        return samples[chosen]
    return [sample for sample, taken in zip(samples, chosen, strict=True) if taken]


def _estimator(step: Transform) -> Any:
    module, _, name = step.estimator.partition(":")
    try:
        return getattr(importlib.import_module(module), name)(**step.arguments)
    except (ImportError, AttributeError, TypeError) as error:
        raise ConfigError(
            f"The transform {step.estimator!r} cannot be made ({error}); correct 'transforms' in "
            "config/datasets.yaml."
        ) from error


def _float32(samples: Any) -> Features:
    if issparse(samples):
        return csr_matrix(samples, dtype=np.float32)
    return np.ascontiguousarray(samples, dtype=np.float32)


def _count(samples: Any) -> int:
    return int(samples.shape[0]) if hasattr(samples, "shape") else len(samples)
