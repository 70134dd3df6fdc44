"""Stage filters: weights of the first layer and their coherence. No labels among the inputs."""

from __future__ import annotations

import numpy as np

from clustrace.classify.thresholding import mutual_coherence
from clustrace.errors import NotApplicableError
from clustrace.stages.job import Job
from clustrace.stages.networks import learner_of
from clustrace.train.encoding import to_numpy


def filters(job: Job) -> None:
    """Write the weights of the first units of the first layer, by the first seed.

    The artefact holds ``filters``, float32 ``[m, n_features]``, and ``coherence``, float64 ``[1]``,
    the mutual coherence of the weights of all units of the layer.

    Raises:
        NoResultError: there are no weights.
        NotApplicableError: the first layer has no weight for each feature.
    """
    learner = learner_of(job)
    width = learner.n_features_in_
    # Parameters stand in the order of the layers.
    parameters = learner.network_.parameters()
    fitting = [p for p in parameters if p.ndim == 2 and p.shape[1] == width]
    if not fitting:
        raise NotApplicableError(
            f"{job.settings['estimator'].partition(':')[2]} has no first layer with a weight for "
            f"each of {width} features; take it out of the figure."
        )
    layer = to_numpy(fitting[0]).astype(np.float32)
    coherence = np.array([mutual_coherence(layer.T.astype(np.float64))])
    chosen = layer[: job.settings["units"]]
    job.write("filters", {"filters": chosen, "coherence": coherence}, seed=job.seeds[0])
    job.recorder.note(generators={}, determinism="bit-equal")
