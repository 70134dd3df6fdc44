"""Checks of a paper's figures against its tables, methods and data sets."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from clustrace.config.claims import CLAIMS
from clustrace.config.datasets import DataRegistry
from clustrace.config.figures import (
    Activations,
    ClassSizes,
    EmbeddingMap,
    Filters,
    LearningCurves,
    OfNetworks,
    ScoreCurves,
    Sweep,
)
from clustrace.config.papers import Paper, Table
from clustrace.config.reading import ConfigFiles
from clustrace.config.yamlfile import Document, unknown

_Place = tuple[str | int, ...]
#: Dimensions of an image at least.
_PLANE = 2


def figure_faults(document: Document[Paper], files: ConfigFiles) -> Iterator[str]:
    """What is wrong with the figures of a paper, each in a sentence with file and line."""
    taken = {CLAIMS, *(table.slug for table in document.model.tables)}
    for index, figure in enumerate(document.model.figures):
        here: _Place = ("figures", index)
        if figure.slug in taken:
            where = document.place(*here, "slug")
            yield (
                f"{where}: the slug {figure.slug!r} stands in other addresses already; choose "
                "another."
            )
        taken.add(figure.slug)
        if isinstance(figure, Filters | Activations):
            yield from _networks(document, figure, here, files)
            continue
        yield from _names(document, figure, here)
        if isinstance(figure, LearningCurves):
            yield from _trained(document, figure, here, files)
        if isinstance(figure, EmbeddingMap):
            yield from _map(document, figure, here, files)
        elif isinstance(figure, ScoreCurves):
            yield from _fine_tuned(document, figure, here, files)
        elif isinstance(figure, Sweep):
            yield from _sweep(document, figure, here, files)


def _names(
    document: Document[Paper],
    figure: LearningCurves | EmbeddingMap | ClassSizes | ScoreCurves | Sweep,
    here: _Place,
) -> Iterator[str]:
    """Methods and data sets that stand in no table of the paper, and so are not run."""
    tables = document.model.tables
    methods = [row.method for table in tables for row in table.rows if row.method]
    datasets = [column.dataset for table in tables for column in table.columns]
    if isinstance(figure, LearningCurves | Sweep):
        return
    for number, slug in enumerate(figure.datasets):
        yield from _known("data set", slug, datasets, document, (*here, "datasets", number))
    if isinstance(figure, ClassSizes):
        return
    if figure.stand_in is not None:
        yield from _known("data set", figure.stand_in, datasets, document, (*here, "stand_in"))
    for number, slug in enumerate(figure.methods):
        yield from _known("method", slug, methods, document, (*here, "methods", number))


def _trained(
    document: Document[Paper], figure: LearningCurves, here: _Place, files: ConfigFiles
) -> Iterator[str]:
    """Methods whose trainings are to be shown, but stand behind no row."""
    rows = [row.method for table in document.model.tables for row in table.rows]
    behind: dict[str, None] = {}
    for slug in rows:
        while slug is not None and slug in files.methods and slug not in behind:
            behind[slug] = None
            slug = files.methods[slug].model.starts_from
    for number, slug in enumerate(figure.methods):
        yield from _known("method", slug, behind, document, (*here, "methods", number))


def _networks(
    document: Document[Paper], figure: OfNetworks, here: _Place, files: ConfigFiles
) -> Iterator[str]:
    registered = files.registry.model
    where = document.place(*here, "dataset")
    if figure.dataset not in registered.datasets:
        yield str(unknown("data set", figure.dataset, registered.datasets, where))
    elif isinstance(figure, Filters):
        width, shape = registered.width(figure.dataset), filter_shape(figure, registered)
        if math.prod(shape) != width or len(shape) < _PLANE:
            yield (
                f"{where}: {figure.dataset!r} has {width} features, which the shape {list(shape)} "
                "does not make images of; give the figure an image_shape."
            )
    for number, slug in enumerate(figure.methods):
        where = document.place(*here, "methods", number)
        learners = {s: d for s, d in files.methods.items() if d.model.stage == "pretrain"}
        if slug not in learners:
            yield str(unknown("'pretrain' method", slug, learners, where))


def filter_shape(figure: Filters, registry: DataRegistry) -> tuple[int, ...]:
    """Height and width, and channels, of the weights of a unit."""
    return tuple(figure.image_shape or registry.shape(figure.dataset))


def _known(
    noun: str, slug: str, known: Iterable[str], document: Document[Paper], place: _Place
) -> Iterator[str]:
    candidates = dict.fromkeys(known)
    if slug not in candidates:
        yield str(unknown(f"{noun} in the tables", slug, candidates, document.place(*place)))


def _map(
    document: Document[Paper], figure: EmbeddingMap, here: _Place, files: ConfigFiles
) -> Iterator[str]:
    registered = files.registry.model.datasets
    if figure.latent is not None and figure.latent not in registered:
        where = document.place(*here, "latent")
        yield str(unknown("data set", figure.latent, registered, where))
    for key in ("features", "latent"):
        if getattr(figure, key) and figure.colours != "classes":
            yield (
                f"{document.place(*here, key)}: features have no clusters to be coloured by; set "
                "colours to classes."
            )


def _fine_tuned(
    document: Document[Paper], figure: ScoreCurves, here: _Place, files: ConfigFiles
) -> Iterator[str]:
    for number, slug in enumerate(figure.methods):
        method = files.methods.get(slug)
        if method is not None and method.model.stage != "finetune":
            yield (
                f"{document.place(*here, 'methods', number)}: {slug!r} is of stage "
                f"{method.model.stage!r} and has no labels over time; name one that is fine-tuned."
            )


def _sweep(
    document: Document[Paper], figure: Sweep, here: _Place, files: ConfigFiles
) -> Iterator[str]:
    tables = {table.slug: table for table in document.model.tables}
    if figure.table not in tables:
        yield str(unknown("table", figure.table, tables, document.place(*here, "table")))
        return
    table = tables[figure.table]
    columns = [column.slug for column in table.columns]
    if figure.column not in columns:
        where = document.place(*here, "column")
        yield str(unknown(f"{table.slug} column", figure.column, columns, where))
    for number in range(len(figure.lines)):
        yield from _line(document, figure, (*here, "lines", number), number, table, files)


def _line(
    document: Document[Paper],
    figure: Sweep,
    here: _Place,
    number: int,
    table: Table,
    files: ConfigFiles,
) -> Iterator[str]:
    line = figure.lines[number]
    if line.slug in [other.slug for other in figure.lines[:number]]:
        where = document.place(*here, "slug")
        yield f"{where}: the slug {line.slug!r} stands twice in this figure; give each its own."
    rows = {row.slug: row for row in table.rows}
    for index, slug in enumerate(line.rows):
        where = document.place(*here, "rows", index)
        if slug not in rows:
            yield str(unknown(f"{table.slug} row", slug, rows, where))
            continue
        value = _swept_value(rows[slug].method, line.parameter, files)
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield (
                f"{where}: the method of {slug!r} has no number {line.parameter!r} among its "
                "parameters, nor have those that it starts from; name one that it has."
            )
        elif figure.scale == "log" and value <= 0:
            yield (
                f"{where}: {line.parameter} is {value!r} in {slug!r}, which has no place on a "
                "logarithmic axis; set scale to linear."
            )


def _swept_value(method: str | None, parameter: str, files: ConfigFiles) -> object:
    """Value of a method's parameter, or of those that it starts from; None if none has it."""
    seen: set[str] = set()
    while method is not None and method in files.methods and method not in seen:
        seen.add(method)
        found = files.methods[method].model
        if parameter in found.parameters:
            return found.parameters[parameter].value
        method = found.starts_from
    return None
