"""Stage fetch: raw data from the first source that gives the registered content."""

from __future__ import annotations

from pathlib import Path

from clustrace.config.experiment import load_experiment
from clustrace.data.fetch import fetch_raw, mirror_folder
from clustrace.stages.job import Job


def fetch(job: Job) -> None:
    """Get raw data from the first source that gives the registered content.

    Raises:
        UnreachableError: no source does.
    """
    experiment = load_experiment(".", job.config)
    slug = job.wildcards["raw"]
    fetch_raw(
        slug,
        experiment.raw(slug),
        job.output["raw"],
        root=Path(),
        cache=experiment.layout.download_cache,
        timeout=experiment.settings.download_timeout,
        mirror=mirror_folder(),
        report=lambda line: print(line, flush=True),
    )
    job.recorder.note(determinism="bit-equal")
