"""Model of config/config.yaml: what to run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveFloat

from clustrace.config.base import Count, Model, Names


class Settings(Model):
    """What to run. Every key can also be given as ``--config key=value``."""

    protocol: str = "quick"
    """Protocol to follow: a slug of config/protocols/."""

    papers: Names = "all"
    """Papers to regenerate: `all` but demonstrations, or slugs of config/papers/."""

    datasets: Names = "all"
    """Data sets to restrict the tables to: `all`, or slugs of config/datasets.yaml."""

    methods: Names = "all"
    """Methods to restrict the tables to: `all`, or slugs of config/methods/; what they start from
    is computed as well."""

    seeds: Count | None = None
    """Number of seeds (0, 1, … n-1); empty: as many as the protocol says."""

    device: Literal["cpu", "cuda"] = "cpu"
    """Where networks are trained. `cuda` on a machine that shows no GPU is an error."""

    threads: Count | None = None
    """Processor threads of a training job; empty: as many as the protocol says."""

    checkpoint_seconds: PositiveFloat = 60.0
    """Seconds between two checkpoints of a running training."""

    download_timeout: PositiveFloat = Field(default=20.0, le=600)
    """Seconds without an answer after which a download source counts as unreachable."""
