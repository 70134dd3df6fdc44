"""What a rendered table shows: texts and footnotes, the same for every output form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clustrace.config.layout import Layout
from clustrace.config.papers import Deviation, Metric, Paper, Row, Table
from clustrace.config.protocols import Protocol
from clustrace.errors import StorageError
from clustrace.evaluate.numbers import printed, printed_difference
from clustrace.evaluate.verdicts import MAX_TOLERANCE, TIME_FACTOR, VerdictKind
from clustrace.provenance.ledger import TAU_ROW, LedgerRow, address
from clustrace.provenance.measured import AND_ON, TIMED_ON
from clustrace.report import evidence_view
from clustrace.report.deviations_view import DeviationView, deviation_views

SIGNS = {
    VerdictKind.REPRODUCED: "≈",
    VerdictKind.HIGHER: "↑",
    VerdictKind.LOWER: "↓",
    VerdictKind.INCONCLUSIVE: "?",
}

_LEGEND = (
    f"{SIGNS[VerdictKind.REPRODUCED]} reproduced: the difference is within the tolerance; "
    f"{SIGNS[VerdictKind.HIGHER]} higher, {SIGNS[VerdictKind.LOWER]} lower: it is not; "
    f"{SIGNS[VerdictKind.INCONCLUSIVE]} inconclusive: the tolerance is above "
    f"{printed(MAX_TOLERANCE, 'percent', 0)} points, which says nothing. The tolerance is the "
    "half-width of the 95 % prediction interval for one more run, and never below half a unit "
    "of the last printed digit."
)
_TIMES = (
    " Seconds are those of the recorded machine. They, and their ratios to another row, are judged "
    f"by order of magnitude: they count as reproduced within a factor of {TIME_FACTOR}."
)

_SIZES = (
    f"{SIGNS[VerdictKind.REPRODUCED]} reproduced: the same as printed; "
    f"{SIGNS[VerdictKind.HIGHER]} higher, {SIGNS[VerdictKind.LOWER]} lower: it is not. Sizes are "
    "counted from the networks as they are declared, in millions, and nothing is run for them."
)


@dataclass(frozen=True)
class CellView:
    """Texts of one cell; empty ones are absent."""

    address: str
    ours: str
    n: int
    published: str
    place: str
    difference: str
    tolerance: str
    tolerance_from: str
    sign: str
    verdict: str
    evidence: str
    """How far it is confirmed."""
    evidence_sign: str
    deviations: str
    """Slugs of the deviations that touch it."""
    note: int | None
    """Number of the footnote that says why something is missing."""


@dataclass(frozen=True)
class RowView:
    """A method with its cells, column by column and in each metric by metric."""

    slug: str
    printed: str
    note: str
    cells: tuple[CellView, ...]


@dataclass(frozen=True)
class TableView:
    """Everything that a rendered table shows."""

    paper: str
    table: str
    title: str
    caption: str
    source: str
    """The paper as a reference."""
    protocol: str
    stamp: str
    columns: tuple[str, ...]
    metrics: tuple[str, ...]
    statistic: str
    """What cells take of their seeds."""
    rows: tuple[RowView, ...]
    compared: bool
    """Whether the paper prints a number for any of its cells."""
    agreement: tuple[CellView, ...]
    """Kendall's tau of each column and metric."""
    footnotes: tuple[str, ...]
    deviations: tuple[DeviationView, ...]
    """Those that touch any of its cells."""
    legend: str
    """What the signs of the verdicts mean; empty if the protocol passes none."""
    evidence: str
    """What the signs of the evidence mean."""
    trace: str
    """How to find what a number was made from."""


class _Footnotes:
    """Numbers reasons in the order in which they are first met; equal ones share a number."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def number(self, reason: str) -> int | None:
        if not reason:
            return None
        if reason not in self.reasons:
            self.reasons.append(reason)
        return self.reasons.index(reason) + 1


def table_view(
    paper: Paper,
    table: Table,
    rows: Sequence[LedgerRow],
    protocol: Protocol,
    deviations: Sequence[Deviation] = (),
) -> TableView:
    """Collect what is shown of a table.

    Args:
        paper: The paper that prints the table.
        table: One of its tables.
        rows: The paper's ledger; rows of its other tables are passed over.
        protocol: Protocol of the ledger.
        deviations: The paper's deviations; those that touch other tables are passed over.

    Raises:
        StorageError: the ledger lacks a cell of the table, or is of another protocol.
    """
    ledger = {row.address: row for row in rows}
    mixed = {row.protocol for row in rows} - {protocol.slug}
    if mixed:
        raise StorageError(
            f"The ledger of {paper.slug} holds numbers of protocol {', '.join(sorted(mixed))} "
            f"instead of {protocol.slug}; delete it and run again."
        )
    footnotes = _Footnotes()

    def cells(slug: str) -> tuple[CellView, ...]:
        return tuple(
            _cell(
                _find(ledger, paper, table, slug, column.slug, metric),
                metric,
                footnotes,
                deviations,
            )
            for column in table.columns
            for metric in table.metrics
        )

    shown = tuple(_row(row, cells(row.slug)) for row in table.rows)
    return TableView(
        paper=paper.slug,
        table=table.slug,
        title=f"{paper.slug.upper()}, {table.printed}",
        caption=f"{table.caption}{_machines(table, rows)}",
        source=paper.reference,
        protocol=protocol.title,
        stamp=protocol.stamp,
        columns=tuple(column.printed for column in table.columns),
        metrics=tuple(metric.heading for metric in table.metrics),
        statistic=" or ".join(dict.fromkeys(metric.statistic for metric in table.metrics)),
        rows=shown,
        compared=any(cell.published for row in shown for cell in row.cells),
        agreement=cells(TAU_ROW),
        footnotes=tuple(footnotes.reasons),
        deviations=deviation_views(paper, table, deviations),
        legend=_legend(table) if protocol.verdicts else "",
        evidence=evidence_view.LEGEND,
        trace=(
            f"The address of a number is {paper.slug}.{table.slug}.<row>.<column>.<metric>; its "
            f"row in {Layout().ledger(protocol.slug, paper.slug).as_posix()} gives the raw value, "
            "seeds and runs; clustrace explain <address> leads from there to the data."
        ),
    )


def _legend(table: Table) -> str:
    if table.is_of_sizes:
        return _SIZES
    return _LEGEND + (_TIMES if any(metric.is_time for metric in table.metrics) else "")


def _machines(table: Table, rows: Sequence[LedgerRow]) -> str:
    """Where the seconds of a table were measured; more than one machine makes them less fair."""
    times = {metric.slug for metric in table.metrics if metric.is_time}
    timed = [r.aggregation for r in rows if r.table == table.slug and r.metric in times]
    named = [text.partition(TIMED_ON)[2] for text in timed if TIMED_ON in text]
    machines = sorted({machine for text in named for machine in text.split(AND_ON)})
    return f" Timed on {AND_ON.join(machines)}." if machines else ""


def _row(row: Row, cells: tuple[CellView, ...]) -> RowView:
    return RowView(row.slug, row.printed, row.note, cells)


def _find(
    ledger: Mapping[str, LedgerRow],
    paper: Paper,
    table: Table,
    row: str,
    column: str,
    metric: Metric,
) -> LedgerRow:
    place = address(paper.slug, table.slug, row, column, metric.slug)
    if place not in ledger:
        raise StorageError(
            f"The ledger of {paper.slug} has no row {place}; delete it and run again."
        )
    return ledger[place]


def _cell(
    row: LedgerRow, metric: Metric, footnotes: _Footnotes, deviations: Sequence[Deviation]
) -> CellView:
    def shown(value: float | None, *, signed: bool) -> str:
        if value is None:
            return ""
        show = printed_difference if signed else printed
        return show(value, metric.unit, metric.decimals)

    return CellView(
        address=row.address,
        ours=row.printed,
        n=row.n,
        published=row.published_printed,
        place=row.place,
        difference=shown(row.difference, signed=True),
        tolerance=shown(row.tolerance, signed=False),
        tolerance_from=row.tolerance_from,
        sign=SIGNS[row.verdict] if isinstance(row.verdict, VerdictKind) else "",
        verdict=row.verdict or "",
        evidence=evidence_view.evidence_word(row),
        evidence_sign=evidence_view.evidence_sign(row),
        deviations=" ".join(d.slug for d in deviations if d.touches(row.address)),
        note=footnotes.number(row.reason),
    )
