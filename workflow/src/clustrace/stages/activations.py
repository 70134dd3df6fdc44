"""Stage activations: how often hidden units take which values. No labels among the inputs."""

from __future__ import annotations

import numpy as np

from clustrace.stages.embed import chosen_samples
from clustrace.stages.job import Job
from clustrace.stages.networks import learner_of
from clustrace.stages.training import scaled_features
from clustrace.train.session import training_session

#: Seed of the samples, that of embedding maps.
_SAMPLING_SEED = 0


def activations(job: Job) -> None:
    """Count the features of some samples by their values, by the first seed.

    The artefact holds ``edges`` (float64 ``[bins + 1]``, from 0 to the largest value drawn) and
    ``counts`` (int64 ``[bins]``: values of all samples and units between two edges).

    Raises:
        NoResultError: there are no features, or no weights.
    """
    settings = job.settings
    features = scaled_features(job)
    index = chosen_samples(features.shape[0], settings["samples"])
    with training_session(device=job.device):
        values = learner_of(job).transform(features[index])
    edges = np.linspace(0.0, settings["largest"], settings["bins"] + 1)
    counts, _ = np.histogram(values, bins=edges)
    job.write("activations", {"edges": edges, "counts": counts.astype(np.int64)}, seed=job.seeds[0])
    job.recorder.note(
        generators={"samples": [_SAMPLING_SEED]},
        determinism="bit-equal" if job.device == "cpu" else "equal-within-eps",
    )
