"""Checks of a paper's claims against its tables and methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clustrace.config.claims import (
    CLAIMS,
    BestClaim,
    BoundsClaim,
    Claim,
    FewerIterationsClaim,
    ImprovesClaim,
    NearerClaim,
    TrendClaim,
)
from clustrace.config.papers import Paper, Table
from clustrace.config.reading import ConfigFiles
from clustrace.config.yamlfile import Document, unknown

_Place = tuple[str | int, ...]


def claim_faults(document: Document[Paper], files: ConfigFiles) -> Iterator[str]:
    """What is wrong with the claims of a paper, each in a sentence with file and line."""
    tables = {table.slug: table for table in document.model.tables}
    for index, table in enumerate(document.model.tables):
        if table.slug == CLAIMS:
            where = document.place("tables", index, "slug")
            yield f"{where}: the slug {CLAIMS!r} is kept for the paper's claims; choose another."
    for index, claim in enumerate(document.model.claims):
        here: _Place = ("claims", index)
        if claim.table not in tables:
            yield str(unknown("table", claim.table, tables, document.place(*here, "table")))
            continue
        yield from _rows(document, claim, here, tables[claim.table], files)
        yield from _metrics(document, claim, here, tables[claim.table])
        if isinstance(claim, NearerClaim):
            yield from _other_reading(document, claim, here, tables)


def _named_rows(claim: Claim, here: _Place) -> Iterator[tuple[str, _Place]]:
    """Slugs of the rows that a claim names, with their places."""
    if isinstance(claim, BestClaim):
        yield claim.row, (*here, "row")
        for number, slug in enumerate(claim.among):
            yield slug, (*here, "among", number)
    elif isinstance(claim, ImprovesClaim | TrendClaim | NearerClaim):
        for number, slug in enumerate(claim.rows):
            yield slug, (*here, "rows", number)
    elif isinstance(claim, BoundsClaim):
        for number, bound in enumerate(claim.bounds):
            yield bound.row, (*here, "bounds", number, "row")
    else:
        for number, pair in enumerate(claim.comparisons):
            yield pair.ahead, (*here, "comparisons", number, "ahead")
            yield pair.behind, (*here, "comparisons", number, "behind")


def _rows(
    document: Document[Paper], claim: Claim, here: _Place, table: Table, files: ConfigFiles
) -> Iterator[str]:
    rows = {row.slug: row for row in table.rows}
    for slug, place in _named_rows(claim, here):
        if slug not in rows:
            yield str(unknown(f"{table.slug} row", slug, rows, document.place(*place)))
            continue
        method = files.methods.get(rows[slug].method or "")
        if not isinstance(claim, FewerIterationsClaim | ImprovesClaim) or method is None:
            continue
        # That a row is of stage pretrain is said of the row itself.
        if method.model.stage not in ("finetune", "pretrain"):
            yield (
                f"{document.place(*place)}: {slug!r} is of stage {method.model.stage!r} and takes "
                "no gradient steps on its clusters; name a row whose method is fine-tuned."
            )
    if isinstance(claim, BestClaim | ImprovesClaim | BoundsClaim | TrendClaim | NearerClaim):
        return
    for number, pair in enumerate(claim.comparisons):
        if pair.ahead == pair.behind:
            where = document.place(*here, "comparisons", number)
            yield f"{where}: {pair.ahead!r} is compared with itself; name another row."


def _metrics(document: Document[Paper], claim: Claim, here: _Place, table: Table) -> Iterator[str]:
    if isinstance(claim, FewerIterationsClaim):
        return
    # A comparison is of the seconds that a ratio divides.
    known = [metric.slug for metric in table.metrics if metric.relative_to is None]
    for number, slug in enumerate(claim.metrics):
        if slug not in known:
            where = document.place(*here, "metrics", number)
            yield str(unknown(f"{table.slug} metric", slug, known, where))


def _other_reading(
    document: Document[Paper], claim: NearerClaim, here: _Place, tables: Mapping[str, Table]
) -> Iterator[str]:
    where = document.place(*here, "than")
    if claim.than not in tables:
        yield str(unknown("table", claim.than, tables, where))
        return
    mine, other = tables[claim.table], tables[claim.than]
    if claim.than == claim.table or any(
        getattr(mine, part) != getattr(other, part) for part in ("rows", "columns", "metrics")
    ):
        yield (
            f"{where}: {claim.than!r} is no other reading of {claim.table!r}; name another table "
            "with the same rows, columns and metrics."
        )
