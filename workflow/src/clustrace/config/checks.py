"""Checks of the configuration files against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from clustrace.config.figure_checks import figure_faults
from clustrace.config.figures import CLASSES, FEATURES
from clustrace.config.methods import Method, Parameter
from clustrace.config.papers import Paper, Table
from clustrace.config.protocols import Protocol
from clustrace.config.reading import ConfigFiles
from clustrace.config.result_checks import claim_faults
from clustrace.config.variants import inherits, own_parameters
from clustrace.config.yamlfile import Document, unknown
from clustrace.errors import ConfigError

#: Stage of the methods that those of a stage start from.
STARTS = {
    "pretrain": None,
    "initialise": "pretrain",
    "finetune": "initialise",
    "cluster": None,
    "classify": "pretrain",
    "neighbours": None,
    "partition": "neighbours",
}
#: Stages whose methods may also start from the features.
_MAY_START_FROM_NOTHING = frozenset({"classify"})
#: Why a method of a stage is no table row.
_NO_CLUSTERS = {
    "pretrain": "only learns an embedding",
    "neighbours": "only finds nearest neighbours",
}


def check_references(files: ConfigFiles, root: Path) -> None:
    """Check that everything a file names exists elsewhere, and fits.

    Raises:
        ConfigError: one line for each fault, with file, line and nearest known name.
    """
    faults = [*_datasets(files, root)]
    for method in files.methods.values():
        faults += _method(method, files)
    for protocol in files.protocols.values():
        faults += _protocol(protocol, files)
    for slug, paper in files.papers.items():
        faults += [*_paper(paper, files), *claim_faults(paper, files)]
        faults += figure_faults(paper, files)
        faults += [*_published(slug, files), *_deviations(slug, files)]
    if faults:
        raise ConfigError("\n".join(faults))


def _datasets(files: ConfigFiles, root: Path) -> Iterator[str]:
    registry = files.registry.model
    for slug, dataset in registry.datasets.items():
        if dataset.raw not in registry.raw:
            where = files.registry.place("datasets", slug, "raw")
            yield str(unknown("raw data", dataset.raw, registry.raw, where))
    for slug, raw in registry.raw.items():
        for index, source in enumerate(raw.sources):
            if source.permutation is not None and not (root / source.permutation).is_file():
                where = files.registry.place("raw", slug, "sources", index, "permutation")
                yield f"{where}: there is no file {source.permutation}; correct the path."


def _method(document: Document[Method], files: ConfigFiles) -> Iterator[str]:
    method = document.model
    if method.slug in (CLASSES, FEATURES):
        yield (
            f"{document.place('slug')}: {method.slug!r} stands for the data themselves in the "
            "paths and addresses of figures; choose another slug."
        )
    if not inherits(document, "stage", "starts_from"):
        yield from _start(document, files)
    if method.finds_clusters and method.stage != "partition":
        yield (
            f"{document.place('finds_clusters')}: a method of stage {method.stage!r} is given the "
            "number of clusters; remove the key, or make its stage 'partition'."
        )
    for name, parameter in own_parameters(document).items():
        yield from _overridden(document, parameter, ("parameters", name), files)
    if inherits(document, "input_scale"):
        return
    from_another = STARTS[method.stage] is not None and (
        method.starts_from is not None or method.stage not in _MAY_START_FROM_NOTHING
    )
    if from_another and "input_scale" in method.model_fields_set:
        yield (
            f"{document.place('input_scale')}: {method.slug} gets the features as the method that "
            "it starts from; set input_scale there."
        )
    for place, value in _values(method.input_scale):
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            where = document.place("input_scale", *place)
            yield f"{where}: input_scale is {value!r}, but must be a number greater than 0."
    yield from _overridden(document, method.input_scale, ("input_scale",), files)


def _start(document: Document[Method], files: ConfigFiles) -> Iterator[str]:
    method = document.model
    wanted, where = STARTS[method.stage], document.place("starts_from")
    if method.starts_from is None:
        if wanted is not None and method.stage not in _MAY_START_FROM_NOTHING:
            yield (
                f"{document.place('stage')}: a method of stage {method.stage!r} needs the key "
                f"starts_from, with a method of stage {wanted!r}."
            )
    elif wanted is None:
        yield f"{where}: a method of stage {method.stage!r} starts from nothing; remove the key."
    elif method.starts_from not in files.methods:
        candidates = [s for s, d in files.methods.items() if d.model.stage == wanted]
        yield str(unknown(f"{wanted!r} method", method.starts_from, candidates, where))
    elif (stage := files.methods[method.starts_from].model.stage) != wanted:
        yield (
            f"{where}: {method.starts_from!r} is of stage {stage!r}, but {method.slug!r} must "
            f"start from one of stage {wanted!r}."
        )


def _values(parameter: Parameter) -> Iterator[tuple[tuple[str, ...], object]]:
    """Values of a parameter with their places inside it."""
    yield ("value",), parameter.value
    for dataset, override in parameter.datasets.items():
        yield ("datasets", dataset, "value"), override.value


def _overridden(
    document: Document[Method], parameter: Parameter, place: tuple[str, ...], files: ConfigFiles
) -> Iterator[str]:
    datasets = files.registry.model.datasets
    for slug in parameter.datasets:
        if slug not in datasets:
            where = document.place(*place, "datasets", slug)
            yield str(unknown("data set", slug, datasets, where))


def _protocol(document: Document[Protocol], files: ConfigFiles) -> Iterator[str]:
    for slug, overrides in document.model.overrides.items():
        if slug not in files.methods:
            where = document.place("overrides", slug)
            yield str(unknown("method", slug, files.methods, where))
            continue
        if files.methods[slug].model.stage == "neighbours":
            yield (
                f"{document.place('overrides', slug)}: all protocols share the neighbours of a "
                "data set; remove the override, or set the value in the method's own file."
            )
        known = files.methods[slug].model.parameters
        for name, value in overrides.items():
            if name not in known:
                where = document.place("overrides", slug, name)
                yield str(unknown(f"{slug} parameter", name, known, where))
            for dataset in value if isinstance(value, dict) else ():
                if dataset not in (datasets := files.registry.model.datasets):
                    where = document.place("overrides", slug, name, dataset)
                    yield str(unknown("data set", dataset, datasets, where))


def _paper(document: Document[Paper], files: ConfigFiles) -> Iterator[str]:
    paper = document.model
    yield from _twice(document, ("tables",), [table.slug for table in paper.tables])
    yield from _twice(document, ("figures",), [figure.slug for figure in paper.figures])
    yield from _twice(document, ("claims",), [claim.slug for claim in paper.claims])
    datasets = files.registry.model.datasets
    for index, table in enumerate(paper.tables):
        here = ("tables", index)
        for part in ("rows", "columns", "metrics"):
            yield from _twice(document, (*here, part), [x.slug for x in getattr(table, part)])
        for number, row in enumerate(table.rows):
            where = document.place(*here, "rows", number, "method")
            if row.method is None:
                continue
            if row.method not in files.methods:
                yield str(unknown("method", row.method, files.methods, where))
            elif table.is_of_sizes:
                if "hidden_units" not in files.methods[row.method].model.parameters:
                    yield (
                        f"{where}: {row.method!r} has no dense network of its own to be counted; "
                        "name a method with the parameter 'hidden_units'."
                    )
            elif (stage := files.methods[row.method].model.stage) in _NO_CLUSTERS:
                yield (
                    f"{where}: {row.method!r} {_NO_CLUSTERS[stage]} and gives no clusters; "
                    "name a method that starts from it."
                )
        for number, column in enumerate(table.columns):
            if column.dataset not in datasets:
                where = document.place(*here, "columns", number, "dataset")
                yield str(unknown("data set", column.dataset, datasets, where))


def _twice(
    document: Document[Paper], place: tuple[str | int, ...], slugs: list[str]
) -> Iterator[str]:
    for index, slug in enumerate(slugs):
        if slug in slugs[:index]:
            first = document.place(*place, slugs.index(slug))
            yield (
                f"{document.place(*place, index)}: the slug {slug!r} stands twice, first in "
                f"{first}; give each its own."
            )


def _cells(paper: str, table: Table) -> Iterator[tuple[str, ...]]:
    """Addresses of a table's cells."""
    parts = product(table.rows, table.columns, table.metrics)
    return ((paper, table.slug, *(part.slug for part in cell)) for cell in parts)


def _published(slug: str, files: ConfigFiles) -> Iterator[str]:
    paper, path = files.papers[slug], files.published_path(slug)
    cells = {cell for table in paper.model.tables for cell in _cells(slug, table)}
    ratios = {
        (table.slug, metric.slug)
        for table in paper.model.tables
        for metric in table.metrics
        if metric.relative_to is not None
    }
    first: dict[tuple[str, ...], int] = {}
    for line, number in files.published[slug].items():
        cell = (slug, number.table, number.row, number.column, number.metric)
        if cell not in cells:
            yield (
                f"{path}:{line}: {'.'.join(cell)} is no cell of {paper.path}; "
                "correct the slugs in either file."
            )
        elif (number.table, number.metric) in ratios:
            yield (
                f"{path}:{line}: {'.'.join(cell)} is a ratio of published numbers, which is not "
                "copied but computed; remove the line."
            )
        elif first.setdefault(cell, line) != line:
            yield (
                f"{path}:{line}: {'.'.join(cell)} has a number in line {first[cell]} already; "
                "keep one."
            )


def _deviations(slug: str, files: ConfigFiles) -> Iterator[str]:
    paper, document = files.papers[slug], files.deviations[slug]
    cells = [".".join(cell) for table in paper.model.tables for cell in _cells(slug, table)]
    for index, deviation in enumerate(document.model.deviations):
        for number, address in enumerate(deviation.cells):
            alone = deviation.model_copy(update={"cells": [address]})
            if not any(map(alone.touches, cells)):
                where = document.place("deviations", index, "cells", number)
                yield f"{where}: {address} touches no cell of {paper.path}; correct the address."
    counts = Counter(deviation.slug for deviation in document.model.deviations)
    for name, count in counts.items():
        if count > 1:
            yield f"{document.path}: {count} deviations have the slug {name!r}; give each its own."
