"""Models of the figures of a paper."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat

from clustrace.config.base import Count, Model, Slug

#: Stands for the method where the features of a data set are embedded or drawn themselves.
FEATURES = "features"
#: Stands for the method where the true classes of a data set are counted.
CLASSES = "classes"


class _Figure(Model):
    slug: Slug
    """Name of its files, and part of the addresses of its curves or panels."""
    caption: str
    """Text printed with it."""


class _OfOneDataSet(_Figure):
    datasets: list[Slug] = Field(min_length=1)
    """Data sets in order of preference; the first one that is run is drawn."""
    stand_in: Slug | None = None
    """Data set that is computed as well, and drawn where the others give nothing, as one that
    cannot be reached; the picture says so."""

    @property
    def candidates(self) -> tuple[Slug, ...]:
        """Data sets that may be drawn, in order of preference."""
        return (*self.datasets, *([self.stand_in] if self.stand_in else []))


class LearningCurves(_Figure):
    """Curves of the trainings of the paper."""

    kind: Literal["learning-curves"]
    """Losses and changed labels over the iterations."""
    methods: list[Slug] = Field(default_factory=list)
    """Methods whose trainings are shown; empty: all of the paper."""


class EmbeddingMap(_OfOneDataSet):
    """The embeddings of the same samples by several methods, side by side in two dimensions."""

    kind: Literal["embedding-map"]
    """Embeddings as points in a plane, coloured by the clusters found or by the true classes."""
    methods: list[Slug] = Field(min_length=1)
    """Methods, one panel each; those that only run k-means show the embedding they start from."""
    samples: Count
    """Number of samples, drawn without labels by a fixed seed."""
    projection: Literal["tsne", "none"] = "tsne"
    """How embeddings come into the plane: by t-SNE, or as they are, since they have two dimensions;
    one that does not fit is not drawn."""
    colours: Literal["clusters", "classes"] = "clusters"
    """What colours stand for: the clusters that a method found, or the true classes, which only
    the drawing reads."""
    features: bool = False
    """Whether a first panel shows the features themselves; it needs the colours of classes."""
    latent: Slug | None = None
    """Data set of the variables in a plane that the data were generated from, in the same order;
    the first panel shows its features."""


class ClassSizes(_Figure):
    """How many samples the true classes of data sets have."""

    kind: Literal["class-sizes"]
    """Sizes of the classes, from the largest to the smallest, one panel a data set."""
    datasets: list[Slug] = Field(min_length=1)
    """Data sets, one panel each."""


Score = Literal["acc", "nmi", "ari"]


class ScoreCurves(_OfOneDataSet):
    """Scores of methods over their fine-tuning."""

    kind: Literal["score-curves"]
    """Scores of the label vectors over the iterations, first seed, one panel a method."""
    methods: list[Slug] = Field(min_length=1)
    """Methods that are fine-tuned, one panel each."""
    metrics: list[Score] = Field(min_length=1)
    """Clustering accuracy, normalised mutual information, adjusted Rand index: one curve each."""


class SweepLine(Model):
    """One line of a sweep: rows of a table that differ in one hyper-parameter."""

    slug: Slug
    """Part of the address of the line."""
    printed: str
    """Name in the legend."""
    parameter: str
    """Hyper-parameter of the rows' methods, or of those that they start from, whose value is the
    place on the axis."""
    rows: list[Slug] = Field(min_length=1)
    """Rows of the table."""


class Sweep(_Figure):
    """Scores against a hyper-parameter, from the cells of a table."""

    kind: Literal["sweep"]
    """Cells of a table against the value of a hyper-parameter, one panel a metric."""
    table: Slug
    """Table with a row for each value."""
    column: Slug
    """Column of the table."""
    axis: str
    """Text at the axis of the hyper-parameter."""
    scale: Literal["log", "linear"] = "log"
    """Scale of that axis."""
    lines: list[SweepLine] = Field(min_length=1)
    """Lines of each panel."""


class _OfNetworks(_Figure):
    dataset: Slug
    """Data set that the methods learnt from."""
    methods: list[Slug] = Field(min_length=1)
    """Methods of stage `pretrain`, whether a table has them or not."""


class Filters(_OfNetworks):
    """What the units of the first layer respond to, as images."""

    kind: Literal["filters"]
    """Weights of the first layer, one small image a unit, one panel a method; first seed."""
    units: Count
    """How many units are shown of each, the first ones."""
    image_shape: list[Count] | None = None
    """Height and width (and channels) of the weights of a unit; empty: the data set's own."""


class Activations(_OfNetworks):
    """How often hidden units take which values."""

    kind: Literal["activations"]
    """Histogram of the features of some samples, on a logarithmic scale, one line a method; first
    seed."""
    samples: Count
    """Number of samples, drawn without labels by a fixed seed."""
    largest: PositiveFloat
    """End of the axis; it begins at 0. Values beyond either end are not drawn."""
    bins: Count
    """Number of bins between them."""


Figure = Annotated[
    LearningCurves | EmbeddingMap | ClassSizes | ScoreCurves | Sweep | Filters | Activations,
    Field(discriminator="kind"),
]
#: Figures that show what networks learnt, and that have a file for each.
OfNetworks = Filters | Activations
#: Figures that show one of several data sets.
OfOneDataSet = EmbeddingMap | ScoreCurves
