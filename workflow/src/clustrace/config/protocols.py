"""Models of config/protocols/<protocol>.yaml: how much of the published procedure is run."""

from __future__ import annotations

from enum import Enum
from typing import Literal

from pydantic import Field

from clustrace.config.base import Count, Model, ParameterValue, Slug


class Unchanged(Enum):
    """Type of ``UNCHANGED``, since an override may be empty."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED


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
    overrides: dict[Slug, dict[str, ParameterValue | dict[Slug, ParameterValue]]] = Field(
        default_factory=dict
    )
    """Hyper-parameters that this protocol changes, method by method: one value for all data sets,
    or values by data set, without which the method's own stays."""

    def override(self, method: str, parameter: str, dataset: str) -> ParameterValue | Unchanged:
        """Value of a hyper-parameter on a data set, or ``UNCHANGED``."""
        value = self.overrides.get(method, {}).get(parameter, UNCHANGED)
        return value.get(dataset, UNCHANGED) if isinstance(value, dict) else value
