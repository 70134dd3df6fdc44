"""Ledger rows of a paper's tables, from the published numbers and the scores of our runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clustrace.config.papers import Column, Metric, Paper, PublishedNumber, Row, Table
from clustrace.config.protocols import Protocol
from clustrace.errors import ConfigError
from clustrace.evaluate.numbers import printed, printed_cell, rounding
from clustrace.evaluate.verdicts import MIN_RANKED, Verdict, judge, judge_exact, ranking_agreement
from clustrace.provenance.ledger import TAU_ROW, LedgerRow, address
from clustrace.provenance.measured import MethodResult, measure

#: Digits of a printed Kendall's tau.
TAU_DECIMALS = 2
#: How the size of a network comes about.
COUNTED = "counted from the network as it is declared"


@dataclass(frozen=True)
class _Place:
    """A cell of a table with the number that the paper prints there."""

    paper: Paper
    table: Table
    row: Row
    column: Column
    metric: Metric
    number: PublishedNumber | None


def build_rows(
    paper: Paper,
    published: Sequence[PublishedNumber],
    results: Mapping[tuple[str, str], MethodResult],
    *,
    protocol: Protocol,
    sizes: Mapping[tuple[str, str], Mapping[str, float]] | None = None,
) -> list[LedgerRow]:
    """One ledger row for every cell of every table, then one for each column's Kendall's tau.

    Args:
        paper: The paper's tables.
        published: The numbers that it prints.
        results: Results by method and data set (slugs).
        protocol: Protocol under which all results were made.
        sizes: Sizes of networks by method and data set, in millions.

    Raises:
        ConfigError: a published number is given twice.
        StorageError: a run lacks a metric that a table needs, or it is not finite.
    """
    numbers: dict[tuple[str, str, str, str], PublishedNumber] = {}
    for number in published:
        key = (number.table, number.row, number.column, number.metric)
        if key in numbers:
            raise ConfigError(
                f"{paper.slug}.{'.'.join(key)} is published twice; "
                f"remove one line from {paper.slug}.published.csv."
            )
        numbers[key] = number
    rows: list[LedgerRow] = []
    for table in paper.tables:
        cells = [
            _cell(place, results, protocol, sizes or {}) for place in _places(paper, table, numbers)
        ]
        rows += cells
        for column in table.columns:
            for metric in table.metrics:
                ranked = [c for c in cells if (c.column, c.metric) == (column.slug, metric.slug)]
                rows.append(_agreement(ranked))
    return rows


def _places(
    paper: Paper, table: Table, numbers: Mapping[tuple[str, str, str, str], PublishedNumber]
) -> Iterator[_Place]:
    for row in table.rows:
        for column in table.columns:
            for metric in table.metrics:
                number = numbers.get((table.slug, row.slug, column.slug, metric.slug))
                yield _Place(paper, table, row, column, metric, number)


def _cell(
    place: _Place,
    results: Mapping[tuple[str, str], MethodResult],
    protocol: Protocol,
    sizes: Mapping[tuple[str, str], Mapping[str, float]],
) -> LedgerRow:
    slugs: dict[str, Any] = {
        "paper": place.paper.slug,
        "table": place.table.slug,
        "row": place.row.slug,
        "column": place.column.slug,
        "metric": place.metric.slug,
    }
    return LedgerRow(
        address=address(**slugs),
        **slugs,
        protocol=protocol.slug,
        kind="cell",
        **_theirs(place),
        **(
            _counted(place, sizes, protocol)
            if place.metric.is_size
            else _ours(place, results, protocol)
        ),
    )


def _theirs(place: _Place) -> dict[str, Any]:
    number = place.number
    if number is None:
        return {}
    if number.value is None:
        return {"place": number.place}
    return {
        "published": number.value,
        "published_unit": place.metric.unit,
        "published_printed": f"{number.value:.{number.decimals}f}",
        "place": number.source,
    }


def _ours(
    place: _Place, results: Mapping[tuple[str, str], MethodResult], protocol: Protocol
) -> dict[str, Any]:
    found = measure(place.table, place.row, place.column, place.metric, results)
    if isinstance(found, str):
        return {"reason": found}
    unit, decimals = place.metric.unit, place.metric.decimals
    compared = _comparison(place, found.values, protocol)
    reasons = [found.reason, compared.pop("reason")]
    return {
        "value": found.value,
        "std": found.std,
        "n": len(found.values),
        "seeds": " ".join(map(str, found.seeds)),
        "runs": " ".join(found.runs),
        "printed": printed_cell(found.value, found.std, unit, decimals),
        "rounding": rounding(unit, decimals),
        "aggregation": found.aggregation,
        **compared,
        "reason": "; ".join(filter(None, reasons)),
    }


def _counted(
    place: _Place, sizes: Mapping[tuple[str, str], Mapping[str, float]], protocol: Protocol
) -> dict[str, Any]:
    """What is counted from a network as it is declared: exact, without runs."""
    if place.row.method is None:
        return {"reason": "not yet implemented"}
    value = sizes[place.row.method, place.column.dataset][place.metric.metric]
    unit, decimals = place.metric.unit, place.metric.decimals
    found: dict[str, Any] = {
        "value": value,
        "printed": printed(value, unit, decimals),
        "rounding": rounding(unit, decimals),
        "aggregation": COUNTED,
    }
    if place.number is None or place.number.value is None:
        return {**found, "reason": "the paper prints no number here"}
    return found | _verdict(
        judge_exact(
            value,
            place.number.value,
            decimals=place.number.decimals,
            verdicts=protocol.verdicts,
        )
    )


def _comparison(place: _Place, values: Sequence[float], protocol: Protocol) -> dict[str, Any]:
    if place.metric.relative_to == place.row.slug:
        return {"reason": "the other rows are divided by this one"}
    number = place.number
    if number is None or number.value is None:
        return {"reason": "the paper prints no number here"}
    verdict = judge(
        values,
        number.value,
        unit=place.metric.unit,
        decimals=number.decimals,
        protocol=protocol.slug,
        verdicts=protocol.verdicts,
        statistic=place.metric.statistic,
    )
    return _verdict(verdict)


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "difference": verdict.difference,
        "tolerance": verdict.tolerance,
        "tolerance_from": verdict.tolerance_from,
        "verdict": verdict.kind,
        "reason": verdict.reason,
    }


def _agreement(column: Sequence[LedgerRow]) -> LedgerRow:
    """Kendall's tau of one table column and metric, over the methods with both numbers."""
    first = column[0]
    pairs = [
        (row.published, row.value, row)
        for row in column
        if row.published is not None and row.value is not None
    ]
    tau = ranking_agreement([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    if tau is not None:
        found: dict[str, Any] = {
            "value": tau,
            "printed": printed(tau, "fraction", TAU_DECIMALS),
            "rounding": rounding("fraction", TAU_DECIMALS),
        }
    elif len(pairs) < MIN_RANKED:
        found = {"reason": f"fewer than {MIN_RANKED} methods with both numbers to rank"}
    else:
        found = {"reason": "all methods rank equal on one side"}
    return LedgerRow(
        address=address(first.paper, first.table, TAU_ROW, first.column, first.metric),
        paper=first.paper,
        table=first.table,
        row=TAU_ROW,
        column=first.column,
        metric=first.metric,
        protocol=first.protocol,
        kind="kendall-tau",
        n=len(pairs),
        runs=" ".join(dict.fromkeys(run for *_, row in pairs for run in row.runs.split())),
        aggregation="Kendall's tau-b between the published and our ranking of the methods",
        **found,
    )
