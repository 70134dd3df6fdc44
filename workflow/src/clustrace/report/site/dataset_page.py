"""What the page of a data set shows: samples, classes, where it comes from, the numbers on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from clustrace.config.datasets import DataSet, RawData
from clustrace.config.sources import (
    DownloadSource,
    GeneratedSource,
    MirrorFilesSource,
    MirrorSource,
    PackageSource,
    ScikitLearnSource,
    Source,
)
from clustrace.data.artefact import read_artefact
from clustrace.errors import ClustraceError
from clustrace.report.site.charts import Bar, bars
from clustrace.report.site.content import Content
from clustrace.report.site.links import Cell
from clustrace.report.site.pictures import Picture


@dataclass(frozen=True)
class ShownSource:
    """A source of raw data in words."""

    kind: str
    text: str
    urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetPage:
    """Everything that the page of a data set shows."""

    slug: str
    dataset: DataSet
    raw: RawData
    picture: str
    """Name of the file of sample images; empty if there is none."""
    no_picture: str
    """Why there is none."""
    classes: tuple[Bar, ...]
    no_classes: str
    sources: tuple[ShownSource, ...]
    cells: tuple[Cell, ...]


def dataset_page(
    content: Content, slug: str, cells: Sequence[Cell], picture: Picture
) -> DatasetPage:
    """Collect what the page of a data set shows.

    Args:
        content: what the site shows.
        slug: the data set.
        cells: all cells of the site.
        picture: its sample images.
    """
    experiment = content.experiment
    dataset = experiment.dataset(slug)
    classes, no_classes = _classes(content, slug)
    return DatasetPage(
        slug=slug,
        dataset=dataset,
        raw=experiment.raw(dataset.raw),
        picture=f"{slug}.png" if picture.png else "",
        no_picture=picture.reason,
        classes=classes,
        no_classes=no_classes,
        sources=tuple(map(_source, experiment.raw(dataset.raw).sources)),
        cells=tuple(cell for cell in cells if cell.dataset == slug),
    )


def _classes(content: Content, slug: str) -> tuple[tuple[Bar, ...], str]:
    experiment = content.experiment
    path = experiment.layout.truth(experiment.protocol.slug, slug)
    if not path.exists():
        return (), "No run of this protocol has been evaluated on it yet."
    try:
        found = read_artefact(path)
        if not found.outcome.ok:
            return (), found.outcome.reason
        names, counts = np.unique(found.arrays["labels"], return_counts=True)
    except (ClustraceError, KeyError) as error:
        return (), str(error)
    return bars((str(n), int(c)) for n, c in zip(names, counts, strict=True)), ""


def _source(source: Source) -> ShownSource:
    match source:
        case MirrorSource():
            return ShownSource("mirror", f"{source.file}, sha256 {source.sha256}")
        case MirrorFilesSource():
            return ShownSource("mirror", ", ".join(f.file for f in source.files.values()))
        case DownloadSource():
            return ShownSource("download", "", tuple(_urls(source)))
        case PackageSource():
            return ShownSource(source.kind, f"package {source.package} {source.version}")
        case ScikitLearnSource():
            return ShownSource("scikit-learn", f"sklearn.datasets.{source.loader}")
        case GeneratedSource():
            return ShownSource("generated", f"{source.generator}, seed {source.seed}")


def _urls(source: DownloadSource) -> Iterator[str]:
    for file in source.files.values():
        yield from file.urls
