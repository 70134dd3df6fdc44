"""What a rendered table of claims shows: texts and footnotes, the same for every output form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clustrace.config.claims import ALL, CLAIMS, Claim
from clustrace.config.layout import Layout
from clustrace.config.pairings import Pairing, pairings
from clustrace.config.papers import Paper
from clustrace.config.protocols import Protocol
from clustrace.errors import StorageError
from clustrace.evaluate.claims import LEVEL
from clustrace.evaluate.verdicts import MIN_SEEDS
from clustrace.provenance.ledger import LedgerRow, address
from clustrace.report import evidence_view

_VERDICTS = (
    "A claim holds if all of its comparisons come out as claimed on average over the seeds, or as "
    "many as it says, and the one-sided t test passes in each of them at "
    f"{100 * LEVEL:.0f} %; where u of n are enough, at {100 * LEVEL:.0f} % / (n - u + 1). It holds "
    "in part if some comparisons are positive or some tests do not pass, and fails if no "
    "comparison is positive. It is undecided as long as results are missing, a comparison has "
    f"fewer than {MIN_SEEDS} seeds, or one of iterations is open. With these levels a claim that "
    f"is false is accepted in at most {100 * LEVEL:.0f} % of the cases."
)


@dataclass(frozen=True)
class ComparisonView:
    """Texts of one comparison; empty ones are absent."""

    address: str
    ahead: str
    behind: str
    column: str
    metric: str
    ours: str
    n: int
    p_value: str
    published: str
    evidence: str
    """How far it is confirmed."""
    evidence_sign: str
    reason: str


@dataclass(frozen=True)
class ClaimView:
    """Texts of one claim, with its comparisons."""

    address: str
    text: str
    place: str
    published: str
    """Verdict and positive comparisons in the paper's own numbers."""
    ours: str
    verdict: str
    evidence: str
    """How far it is confirmed."""
    evidence_sign: str
    reason: str
    comparisons: tuple[ComparisonView, ...]


@dataclass(frozen=True)
class ClaimsView:
    """Everything that a rendered table of claims shows."""

    paper: str
    title: str
    source: str
    protocol: str
    stamp: str
    claims: tuple[ClaimView, ...]
    legend: str
    """What the verdicts mean; empty if the protocol passes none."""
    evidence: str
    """What the signs of the evidence mean."""
    trace: str
    """How to find what a number was made from."""


def claims_view(paper: Paper, rows: Sequence[LedgerRow], protocol: Protocol) -> ClaimsView:
    """Collect what is shown of a paper's claims.

    Args:
        paper: The paper that makes them.
        rows: Its ledger; rows of its tables are passed over.
        protocol: Protocol of the ledger.

    Raises:
        StorageError: the ledger lacks a claim or comparison, or is of another protocol.
    """
    mixed = {row.protocol for row in rows} - {protocol.slug}
    if mixed:
        raise StorageError(
            f"The ledger of {paper.slug} holds numbers of protocol {', '.join(sorted(mixed))} "
            f"instead of {protocol.slug}; delete it and run again."
        )
    ledger = {row.address: row for row in rows}
    return ClaimsView(
        paper=paper.slug,
        title=f"{paper.slug.upper()}, claims",
        source=paper.reference,
        protocol=protocol.title,
        stamp=protocol.stamp,
        claims=tuple(_claim(paper, claim, ledger) for claim in paper.claims),
        legend=_VERDICTS if protocol.verdicts else "",
        evidence=evidence_view.LEGEND,
        trace=(
            f"The address of a claim is {paper.slug}.{CLAIMS}.<claim>.{ALL}.{ALL}, that of a "
            f"comparison {paper.slug}.<table>.<ahead>-over-<behind>.<column>.<metric>, or -near-, "
            "-at-least-, -at-most-, -rises-to-, -falls-to-, -nearer-than- and -over-its-start; "
            f"their rows in {Layout().ledger(protocol.slug, paper.slug).as_posix()} give raw "
            "values, seeds and runs."
        ),
    )


def _claim(paper: Paper, claim: Claim, ledger: Mapping[str, LedgerRow]) -> ClaimView:
    row = _find(ledger, paper, CLAIMS, claim.slug, ALL, ALL)
    compared = pairings(claim, paper.table(claim.table))
    rows = [_row(paper, pairing, ledger) for pairing in compared]
    missing = sum(each.value is None for each in rows)
    undecided = len(rows) - missing - row.n
    counts = (
        row.printed,
        f"{undecided} open" if undecided else "",
        f"{missing} without results" if missing else "",
    )
    return ClaimView(
        address=row.address,
        text=claim.text,
        place=claim.place,
        published=row.published_printed,
        ours=", ".join(filter(None, counts)),
        verdict=row.verdict or "",
        evidence=evidence_view.evidence_word(row),
        evidence_sign=evidence_view.evidence_sign(row),
        reason=row.reason,
        comparisons=tuple(map(_comparison, compared, rows)),
    )


def _row(paper: Paper, pairing: Pairing, ledger: Mapping[str, LedgerRow]) -> LedgerRow:
    slugs = (pairing.table.slug, pairing.row_slug, pairing.column.slug, pairing.metric_slug)
    return _find(ledger, paper, *slugs)


def _comparison(pairing: Pairing, row: LedgerRow) -> ComparisonView:
    return ComparisonView(
        address=row.address,
        ahead=pairing.ahead.printed,
        behind=pairing.printed_behind,
        column=pairing.column.printed,
        metric=pairing.metric.printed if pairing.metric else "fewer iterations",
        ours=row.printed,
        n=row.n,
        p_value="" if row.p_value is None else f"{row.p_value:.2g}",
        published=row.published_printed,
        evidence=evidence_view.evidence_word(row),
        evidence_sign=evidence_view.evidence_sign(row),
        reason=row.reason,
    )


def _find(ledger: Mapping[str, LedgerRow], paper: Paper, *slugs: str) -> LedgerRow:
    place = address(paper.slug, *slugs)
    if place not in ledger:
        raise StorageError(
            f"The ledger of {paper.slug} has no row {place}; delete it and run again."
        )
    return ledger[place]
