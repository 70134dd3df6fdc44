"""Models of config/protocols/<protocol>.yaml: how much of the published procedure is run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from clustrace.config.base import Count, Model, ParameterValue, Slug


class Protocol(Model):
    """Scale of a run. Its slug is part of every result path, so numbers never mix."""

    slug: Slug
    """The file's name, and part of every result path."""
    title: str
    """Name as printed."""
    stamp: str
    """Sentence printed under every table."""
    seeds: Count
    """Number of seeds (0, 1, … n-1)."""
    seeds_per_job: Count | Literal["all"]
    """How many seeds one job covers; larger blocks spend less time on starting Python."""
    max_samples: Count | None = None
    """Largest number of samples a data set; more are drawn at random, without labels."""
    verdicts: bool
    """Whether verdicts against the published numbers are passed."""
    threads: Count = 1
    """Processor threads of a training job."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Arithmetic of the network's matrix products."""
    overrides: dict[Slug, dict[str, ParameterValue]] = Field(default_factory=dict)
    """Hyper-parameters that this protocol changes, method by method, on all data sets."""
