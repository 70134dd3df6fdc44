"""Stage classify: a classifier learnt from labelled samples, and what it says of the test part."""

from __future__ import annotations

from typing import Any

import numpy as np

from clustrace.data.artefact import smallest_integers
from clustrace.data.parts import TEST, TRAINING, VALIDATION
from clustrace.stages.embedding import pretrained
from clustrace.stages.job import Job
from clustrace.stages.parts import require_parts
from clustrace.stages.training import (
    build,
    finish,
    network_arrays,
    scaled_features,
    session,
    write_history,
)


def classify(job: Job) -> None:
    """Train the classifier of each seed; write weights, labels of the test part, and histories.

    The labels of the training part are learnt from, those of the validation part choose
    hyper-parameters, and those of the test part are not among the inputs. The model also tells
    what was chosen (``choices``, by seed).

    Raises:
        NoResultError: the data set has no features, or the method that it starts from no weights.
        NotApplicableError: the data set does not keep its parts apart.
    """
    features, part = scaled_features(job), require_parts(job)
    labels = job.read("training_labels").arrays["labels"]
    weights = job.read("weights") if "weights" in job.input else None
    models: dict[str, np.ndarray] = {}
    predictions: dict[str, np.ndarray] = {}
    rows: list[dict[str, Any]] = []
    choices: dict[str, Any] = {}
    for seed, guard in job.each_seed():
        with guard, session(job, seed):
            estimator = build(
                job.settings, seed, features=pretrained(job, weights, seed) if weights else None
            ).fit(
                features[part == TRAINING],
                labels[part == TRAINING],
                (features[part == VALIDATION], labels[part == VALIDATION]),
            )
            models |= network_arrays(estimator.network_, seed)
            predictions[f"seed-{seed}"] = smallest_integers(
                estimator.predict(features[part == TEST])
            )
            rows += [{"seed": seed, **row} for row in estimator.history_]
            choices[str(seed)] = estimator.choices_
    job.write("model", models, n_features=features.shape[1], choices=choices)
    job.write("predictions", predictions)
    write_history(job.output["history"], rows)
    finish(job)
