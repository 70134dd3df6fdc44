"""The summary of a run on one screen: what was computed, what was not and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import fmean

from clustrace.config.claims import CLAIMS
from clustrace.config.layout import Layout
from clustrace.config.papers import Paper, Table
from clustrace.config.protocols import Protocol
from clustrace.evaluate.claims import ClaimVerdict
from clustrace.evaluate.verdicts import VerdictKind
from clustrace.provenance.ledger import LedgerRow
from clustrace.report.templating import markdown_escape

_HEADER = (
    "| Table | Computed | Mean absolute difference | Verdicts | Files |",
    "|---|---|---|---|---|",
)


def render_summary(
    protocol: Protocol, papers: Sequence[Paper], rows: Sequence[LedgerRow], *, machine: str
) -> str:
    """Summary of a run in Markdown.

    Args:
        protocol: Protocol of the run.
        papers: Papers whose tables were rendered.
        rows: Their ledgers, in any order.
        machine: The machine in a few words, such as its processor, cores and memory.
    """
    cells = [row for row in rows if row.kind == "cell"]
    lines = [
        f"# Results under {markdown_escape(protocol.title)}",
        "",
        f"> {markdown_escape(protocol.stamp)}",
        "",
        f"Machine: {markdown_escape(machine)}",
        "",
        *_HEADER,
    ]
    for paper in papers:
        for table in paper.tables:
            chosen = _of_table(cells, paper, table)
            folder = Layout().table(protocol.slug, paper.slug, table.slug, "md").as_posix()
            name = markdown_escape(f"{paper.slug.upper()}, {table.printed}")
            lines.append(
                f"| {name} | {_computed(chosen)} | {_distance(chosen)} "
                f"| {_verdicts(chosen, protocol)} | `{folder}` |"
            )
        if paper.claims:
            lines.append(_claims_line(paper, _claims(rows, paper), protocol))
    lines += list(_missing(papers, cells))
    for paper in papers:
        lines += list(_undecided(paper, _claims(rows, paper)))
    return "\n".join(lines) + "\n"


def _of_table(cells: Sequence[LedgerRow], paper: Paper, table: Table) -> list[LedgerRow]:
    return [row for row in cells if (row.paper, row.table) == (paper.slug, table.slug)]


def _computed(cells: Sequence[LedgerRow]) -> str:
    return f"{sum(row.value is not None for row in cells)} of {len(cells)} cells"


def _distance(cells: Sequence[LedgerRow]) -> str:
    differences = [
        abs(row.difference)
        for row in cells
        if row.difference is not None and row.published_unit in ("percent", "fraction")
    ]
    if not differences:
        return "–"
    return f"{100 * fmean(differences):.2f} points over {len(differences)} cells"


def _verdicts(cells: Sequence[LedgerRow], protocol: Protocol) -> str:
    if not protocol.verdicts:
        return "none under this protocol"
    counts = Counter(row.verdict for row in cells if row.verdict is not None)
    named = [f"{counts[kind]} {kind.value}" for kind in VerdictKind if counts[kind]]
    undecided = sum(row.difference is not None and row.verdict is None for row in cells)
    if undecided:
        named.append(f"{undecided} with too few seeds")
    return ", ".join(named) or "none"


def _claims(rows: Sequence[LedgerRow], paper: Paper) -> list[LedgerRow]:
    return [row for row in rows if row.kind == "claim" and row.paper == paper.slug]


def _claims_line(paper: Paper, claims: Sequence[LedgerRow], protocol: Protocol) -> str:
    """The line of a paper's claims; those with any comparison are computed."""
    computed = f"{sum(row.value is not None for row in claims)} of {len(claims)} claims"
    counts = Counter(row.verdict for row in claims)
    named = [f"{counts[kind]} {kind.value}" for kind in ClaimVerdict if counts[kind]]
    verdicts = ", ".join(named) if protocol.verdicts else "none under this protocol"
    folder = Layout().table(protocol.slug, paper.slug, CLAIMS, "md").as_posix()
    name = markdown_escape(f"{paper.slug.upper()}, claims")
    return f"| {name} | {computed} | – | {verdicts} | `{folder}` |"


def _undecided(paper: Paper, claims: Sequence[LedgerRow]) -> Iterator[str]:
    """Claims on which no verdict could be passed, with the reasons."""
    undecided = [row for row in claims if row.verdict is ClaimVerdict.UNDECIDED]
    if undecided:
        yield from ("", f"{paper.slug.upper()}, claims undecided:", "")
    for row in undecided:
        yield f"- {row.row}: {markdown_escape(row.reason)}"


def _missing(papers: Sequence[Paper], cells: Sequence[LedgerRow]) -> Iterator[str]:
    """Reasons of the empty cells, most frequent first."""
    for paper in papers:
        for table in paper.tables:
            chosen = _of_table(cells, paper, table)
            reasons = Counter(row.reason for row in chosen if row.value is None)
            if not reasons:
                continue
            yield from ("", f"{paper.slug.upper()}, {table.printed}, not computed:", "")
            for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
                unit = "cell" if count == 1 else "cells"
                yield f"- {count} {unit}: {markdown_escape(reason)}"
