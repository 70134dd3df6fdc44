"""Models of config/datasets.yaml: where data sets come from and what they must hash to."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, model_validator

from clustrace.config.base import Count, Estimator, Model, ParameterValue, Slug
from clustrace.config.sources import Part, Sha256, Source

#: Keys of a data set that the first ones were prepared without.
_LATER = ("topics", "estimated", "transforms", "validation_samples")
_INDEX = 4
_POINTER = 8


class Derivation(Model):
    """What is made of the samples that a source gives, the same on every machine."""

    function: str
    """Name of the function, a key of `DERIVATIONS` in clustrace/data/derivations.py."""
    arguments: dict[str, ParameterValue] = Field(default_factory=dict)
    """Arguments of the function, the seed of its random numbers among them."""


class RawData(Model):
    """One body of data as its publisher gives it; several data sets may be parts of it."""

    title: str
    """Name as its publisher gives it."""
    publisher: str
    """Who made it, and where it is described."""
    licence: str
    """Licence that the publisher states."""
    kind: Literal["samples", "documents", "term-weights"] = "samples"
    """What a sample is: an array of one shape (`samples`), a text of any length (`documents`), or a
    sparse row of the weights of terms, with any number of topics (`term-weights`)."""
    samples: Count
    """Number of samples, training and test part together."""
    train_samples: Count | None = None
    """Number of samples in the training part, which comes first; empty: there are no parts."""
    shape: list[Count] = Field(default_factory=list)
    """Shape of one sample; of `term-weights` the number of terms; empty for documents."""
    dtype: Literal["uint8", "float32"]
    """Type of the stored values; the bytes of texts are `uint8`."""
    nonzeros: Count | None = None
    """Weights other than 0 of `term-weights`."""
    classes: Count
    """Number of classes; of topics where a sample may have several."""
    bytes: Count
    """Size of the samples in bytes: of the array, of all texts joined, or of the sparse rows
    (weights, int32 column of each, int64 start of each row)."""
    fingerprint: Sha256 | Literal["unverified"]
    """For `samples`, sha256 of the samples (C order) followed by the labels as little-endian
    int64. For the other kinds, sha256 of all stored arrays, by which texts and topics are cut as
    they are: first `{"<name>":["<dtype>",[<shape>]],...}` with names in order and without spaces,
    then the bytes of each array, little-endian, in that order. Arrays of `documents` are `offsets`
    (int64), `x` (uint8), `y` (int64); of `term-weights` `topics.indices` (int16), `topics.indptr`
    (int64), `topics.names` (uint8, one a line), `x.data`, `x.indices` (int32), `x.indptr` (int64).
    `unverified` if nobody could fetch the data yet, which its results then say."""
    sources: list[Source] = Field(min_length=1)
    """Where to get it, tried in order."""
    derivation: Derivation | None = None
    """What is made of what a source gives; then all other keys describe the outcome."""

    def part_samples(self, part: Part) -> int:
        """Number of samples in a part; 0 if there are no parts."""
        if part == "all":
            return self.samples
        if self.train_samples is None:
            return 0
        return self.train_samples if part == "train" else self.samples - self.train_samples

    @model_validator(mode="after")
    def _counts_agree(self) -> RawData:
        item = {"uint8": 1, "float32": 4}[self.dtype]
        if (self.kind == "documents") != (not self.shape):
            raise ValueError("shape is that of one sample; only documents have none")
        if (self.kind == "term-weights") != (self.nonzeros is not None):
            raise ValueError("nonzeros belongs to term-weights, which need it")
        if self.kind == "documents" and self.dtype != "uint8":
            raise ValueError("documents are bytes, dtype must be uint8")
        size = self.bytes
        if self.kind == "samples":
            size = self.samples * math.prod(self.shape) * item
        elif self.nonzeros is not None:
            size = self.nonzeros * (item + _INDEX) + (self.samples + 1) * _POINTER
        if self.bytes != size:
            raise ValueError(f"samples, shape and dtype make {size} bytes, not {self.bytes}")
        if self.train_samples is not None and self.train_samples >= self.samples:
            raise ValueError("train_samples must leave samples for the test part")
        return self


class UnitRange(Model):
    """How stored values map to [0, 1]: (value + offset) / divisor."""

    offset: float = 0.0
    """Added to the stored values."""
    divisor: PositiveFloat = 255.0
    """What the sum is divided by."""


class TopicChoice(Model):
    """Classes out of the topics of documents that may have several.

    Taken are the documents that have exactly one of some topics; of these topics, by falling
    number of such documents, those that stand first.
    """

    among: list[str] = Field(min_length=2)
    """Topics by their codes; a document must have exactly one of them."""
    skip_largest: Annotated[int, Field(ge=0, strict=True)] = 0
    """Topics with the most documents that are left out before the data set's classes are taken."""
    source: str = ""
    """Paper section, reference code, or own decision; must be given."""


class Transform(Model):
    """One step from samples to features: an estimator that is fitted on the samples alone."""

    estimator: Estimator
    """`module:Class` of a scikit-learn estimator; of documents the first step gets the texts."""
    arguments: dict[str, ParameterValue] = Field(default_factory=dict)
    """Arguments of the estimator; one that is not listed keeps the estimator's default."""
    result: str = ""
    """Attribute of the fitted estimator that holds the features; empty: what `fit_transform`
    gives."""
    source: str = ""
    """Paper section, reference code, or own decision; must be given."""


class FeatureSize(Model):
    """Size of features that are not the samples themselves."""

    width: Count
    """Number of features of a sample; of few samples, transforms may make fewer."""
    nonzeros: Count | None = None
    """Values other than 0 of the whole data set, where features are sparse; known from a run, and
    used for estimates alone. Empty: they are dense."""


class DataSet(Model):
    """One data set of the papers: a part of a body of data, as features that methods can read."""

    title: str
    """Name as the papers print it."""
    raw: Slug
    """The body of data that it is taken from."""
    part: Part = "all"
    """Which part of the raw data it is."""
    validation_samples: Count | None = None
    """How many samples at the end of the training part are for validation; then the set keeps its
    three parts apart, for classifiers, which learn from the labels of the first and are tested on
    the last. Empty: methods see all samples alike, and no labels."""
    topics: TopicChoice | None = None
    """Which documents it takes, and their classes, where documents have several topics each."""
    samples: Count
    """Number of samples in this part."""
    estimated: bool = False
    """True while nobody could count the samples: then `samples` only serves planning."""
    classes: Count
    """Number of clusters K that the methods are asked for."""
    labels_sha256: Sha256 | None = None
    """sha256 of its labels as little-endian int64, in the order of the data; of a set with a
    validation part, of the labels of its test part. By it an audit knows true labels without the
    data; empty if nobody could fetch them yet."""
    image_shape: list[Count] | None = None
    """Height and width (and channels); empty if the samples are no images."""
    unit_range: UnitRange = UnitRange()
    """How stored values map to [0, 1]; texts and weights of terms are not scaled."""
    transforms: list[Transform] = Field(default_factory=list)
    """Steps that make features of the samples, in order; empty: the samples are the features."""
    features: FeatureSize | None = None
    """Size of what the transforms make; empty: that of the samples."""
    note: str = ""
    """Remark for readers."""
    demonstration: bool = False
    """True if no paper's table has it."""

    def preparation(self) -> dict[str, Any]:
        """What decides how it is prepared, plain; keys that older sets do not use are left out."""
        words: dict[str, Any] = dict.fromkeys(
            ("note", "demonstration", "labels_sha256", "features"), True
        )
        words |= {"topics": {"source"}, "transforms": {"__all__": {"source"}}}
        content = self.model_dump(mode="json", exclude=words)
        return {k: v for k, v in content.items() if v or k not in _LATER}

    @property
    def has_parts(self) -> bool:
        """Whether training, validation and test samples are kept apart in it."""
        return self.validation_samples is not None

    def transform_modules(self) -> list[str]:
        """Modules of this project that its transforms are in."""
        named = {step.estimator.partition(":")[0] for step in self.transforms}
        return sorted(name for name in named if name.partition(".")[0] == "clustrace")


class DataRegistry(Model):
    """Bodies of data, and the data sets that are taken from them."""

    raw: dict[Slug, RawData]
    """Bodies of data by slug."""
    datasets: dict[Slug, DataSet]
    """Data sets by slug."""

    def shape(self, slug: str) -> tuple[int, ...]:
        """Shape of one sample of a data set, as methods get it."""
        dataset = self.datasets[slug]
        if dataset.features is not None:
            return (dataset.features.width,)
        return tuple(dataset.image_shape or self.raw[dataset.raw].shape)

    def width(self, slug: str) -> int:
        """Number of features of a data set."""
        return math.prod(self.shape(slug))

    @model_validator(mode="after")
    def _datasets_fit_raw(self) -> DataRegistry:
        for slug, dataset in self.datasets.items():
            raw = self.raw.get(dataset.raw)
            if raw is None:  # reported with the nearest name where the experiment is loaded
                continue
            fault = _taken_fault(dataset, raw) or _features_fault(dataset, raw)
            if fault:
                raise ValueError(f"{slug} {fault}")
        return self


def _taken_fault(dataset: DataSet, raw: RawData) -> str:
    """What is wrong with the samples and classes that a data set takes; empty if nothing."""
    if not all(each.source for each in (*dataset.transforms, dataset.topics) if each is not None):
        return "must give the source of its topics and of each transform"
    if dataset.estimated and raw.fingerprint != "unverified":
        return f"has an estimated number of samples, but {dataset.raw} has been fetched: count them"
    if (dataset.topics is None) != (raw.kind != "term-weights"):
        return f"must choose its classes by topics if {dataset.raw} has term-weights, and only then"
    if dataset.topics is not None:
        left = len(dataset.topics.among) - dataset.topics.skip_largest
        return f"takes {dataset.classes} of {left} topics" if left < dataset.classes else ""
    if dataset.validation_samples is not None:
        fault = _parts_fault(dataset, raw, dataset.validation_samples)
        if fault:
            return fault
    available = raw.part_samples(dataset.part)
    if dataset.samples != available:
        return (
            f"has {dataset.samples} samples, but part {dataset.part!r} of "
            f"{dataset.raw} has {available}"
        )
    if dataset.classes != raw.classes:
        return f"and {dataset.raw} differ in the number of classes"
    return ""


def _parts_fault(dataset: DataSet, raw: RawData, validation_samples: int) -> str:
    """What is wrong with the parts that a data set keeps apart; empty if nothing."""
    if dataset.part != "all" or raw.train_samples is None:
        return (
            f"has validation_samples, and so needs the training and the test part of {dataset.raw}"
        )
    if validation_samples >= raw.train_samples:
        return (
            f"takes {validation_samples} samples for validation, which leaves none of the "
            f"{raw.train_samples} training samples of {dataset.raw}"
        )
    if any(step.result for step in dataset.transforms):
        return "has validation_samples, but a transform that knows no samples but those of its fit"
    return ""


def _features_fault(dataset: DataSet, raw: RawData) -> str:
    """What is wrong with the features of a data set; empty if nothing."""
    if raw.kind == "documents" and not dataset.transforms:
        return f"needs transforms, which make features of the texts of {dataset.raw}"
    if (dataset.features is None) != (not dataset.transforms):
        return "must state the size of its features if it has transforms, and only then"
    if raw.kind != "samples" and "unit_range" in dataset.model_fields_set:
        return f"has a unit_range, but {dataset.raw} is no array of values to scale"
    shape = dataset.image_shape
    if shape and (raw.kind != "samples" or math.prod(shape) != math.prod(raw.shape)):
        return f"has an image_shape that does not fit the shape of {dataset.raw}"
    if shape and dataset.transforms:
        return "has an image_shape, but its transforms make other features of the images"
    return ""
