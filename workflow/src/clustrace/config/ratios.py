"""Published ratios, from the published numbers that a table divides by one of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clustrace.config.papers import Metric, Paper, PublishedNumber, Table

_Numbers = dict[tuple[str, str, str, str], PublishedNumber]


def with_ratios(paper: Paper, published: Sequence[PublishedNumber]) -> tuple[PublishedNumber, ...]:
    """Published numbers, and the ratios that follow from them.

    The row that the others are divided by has no ratio, since it would be 1 whatever was measured.

    Args:
        paper: The paper's tables.
        published: The numbers that it prints.
    """
    numbers = {(n.table, n.row, n.column, n.metric): n for n in published}
    ratios = [
        ratio
        for table in paper.tables
        for metric in table.metrics
        if metric.relative_to is not None
        for ratio in _ratios(table, metric, metric.relative_to, numbers)
    ]
    return (*published, *ratios)


def _ratios(
    table: Table, metric: Metric, base: str, numbers: _Numbers
) -> Iterator[PublishedNumber]:
    divided = table.divided(metric).slug
    for row in table.rows:
        for column in table.columns:
            number = numbers.get((table.slug, row.slug, column.slug, divided))
            below = numbers.get((table.slug, base, column.slug, divided))
            if row.slug == base or number is None or below is None or not below.value:
                continue
            place, value = number.place, None
            if number.value is not None:
                value = number.value / below.value
                texts = (f"{each.value:.{each.decimals}f}" for each in (number, below))
                place = f"{number.place}, {' divided by '.join(texts)}"
            yield number.model_copy(
                update={
                    "metric": metric.slug,
                    "value": value,
                    "decimals": metric.decimals,
                    "place": place,
                }
            )
