"""Stage filters: weights of the first layer as images, for figures. No labels among the inputs."""

from __future__ import annotations

import math

import numpy as np

from clustrace.errors import NotApplicableError
from clustrace.stages.job import Job
from clustrace.stages.networks import learner_of
from clustrace.train.encoding import to_numpy


def filters(job: Job) -> None:
    """Write the weights of the first units of the first layer, by the first seed.

    The artefact holds ``filters``, float32 ``[m, height, width]`` or with channels last.

    Raises:
        NoResultError: there are no weights.
        NotApplicableError: the first layer has no weights for each pixel.
    """
    network, shape = learner_of(job).network_, job.settings["image_shape"]
    # Parameters stand in the order of the layers.
    fitting = [p for p in network.parameters() if p.ndim == 2 and p.shape[1] == math.prod(shape)]
    if not fitting:
        raise NotApplicableError(
            f"{job.settings['estimator'].partition(':')[2]} has no weights of a first layer that "
            f"are images of {shape}; take it out of the figure."
        )
    chosen = to_numpy(fitting[0][: job.settings["units"]]).astype(np.float32)
    job.write("filters", {"filters": chosen.reshape(-1, *shape)}, seed=job.seeds[0])
    job.recorder.note(generators={}, determinism="bit-equal")
