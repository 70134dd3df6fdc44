"""Stage truth: the true labels of a data set, as small as they can be kept beside the results."""

from __future__ import annotations

from clustrace.data.artefact import smallest_integers
from clustrace.data.parts import scored_labels
from clustrace.stages.job import Job


def truth(job: Job) -> None:
    """Copy the true labels for evaluation; whoever has the results can score them anew.

    Of a data set that keeps its parts apart, they are those of the test part.

    Raises:
        NoResultError: the data set has none.
    """
    labels = scored_labels(job.read("labels").arrays)
    job.write("truth", {"labels": smallest_integers(labels)})
    job.recorder.note(determinism="bit-equal")
