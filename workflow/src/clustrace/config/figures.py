"""Models of the figures of a paper."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from clustrace.config.base import Count, Model, Slug


class _Figure(Model):
    slug: Slug
    """Name of its files, and part of the addresses of its curves or panels."""
    caption: str
    """Text printed with it."""


class LearningCurves(_Figure):
    """Curves of all trainings of the paper."""

    kind: Literal["learning-curves"]
    """Losses and changed labels over the iterations."""


class EmbeddingMap(_Figure):
    """The embeddings of the same samples by several methods, side by side in two dimensions."""

    kind: Literal["embedding-map"]
    """t-SNE of embeddings, coloured by the clusters found."""
    methods: list[Slug] = Field(min_length=1)
    """Methods, one panel each; those that only run k-means show the embedding they start from."""
    datasets: list[Slug] = Field(min_length=1)
    """Data sets in order of preference; the first one that has embeddings is drawn."""
    samples: Count
    """Number of samples, drawn without labels by a fixed seed."""


Figure = Annotated[LearningCurves | EmbeddingMap, Field(discriminator="kind")]
