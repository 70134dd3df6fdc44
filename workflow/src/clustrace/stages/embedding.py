"""Autoencoders with weights that an earlier stage trained."""

from __future__ import annotations

from typing import Any

from sklearn.frozen import FrozenEstimator

from clustrace.data.artefact import Artefact, Outcome
from clustrace.stages.job import Job, NoResultError
from clustrace.stages.training import arrays_of, estimator_class


def pretrained(job: Job, weights: Artefact, seed: int) -> FrozenEstimator:
    """The pretrained autoencoder of a seed; as a frozen estimator, fitting leaves it as it is.

    Raises:
        NoResultError: pretraining of this seed gave no weights.
    """
    refuse_failed(weights, seed)
    start: dict[str, Any] = job.settings["pretrained"]
    autoencoder = estimator_class(start["estimator"])(**start["arguments"])
    autoencoder.load_weights(
        arrays_of(weights.arrays, f"seed-{seed}/network/"), weights.about["n_features"]
    )
    return FrozenEstimator(autoencoder)


def refuse_failed(artefact: Artefact, seed: int) -> None:
    """Pass on why an earlier stage has nothing for a seed.

    Raises:
        NoResultError: the artefact lists the seed among its failures.
    """
    failure = artefact.about["failures"].get(str(seed))
    if failure is not None:
        raise NoResultError(Outcome.from_dict(failure))
