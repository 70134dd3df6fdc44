"""Ledger rows of a paper's claims, and of the comparisons that they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clustrace.config.claims import ALL, CLAIMS, Claim, share_of
from clustrace.config.pairings import pairings
from clustrace.config.papers import Paper, PublishedNumber
from clustrace.config.protocols import Protocol
from clustrace.evaluate.claims import judge_claim, judge_printed
from clustrace.provenance.comparisons import Compared, compare
from clustrace.provenance.ledger import LedgerRow, address
from clustrace.provenance.measured import MethodResult


def claim_rows(
    paper: Paper,
    published: Sequence[PublishedNumber],
    results: Mapping[tuple[str, str], MethodResult],
    *,
    protocol: Protocol,
) -> list[LedgerRow]:
    """One ledger row for every claim, and one for every comparison that any of them needs.

    Args:
        paper: The paper's tables and claims.
        published: The numbers that it prints.
        results: Results by method and data set (slugs).
        protocol: Protocol under which all results were made.

    Raises:
        NotApplicableError: a score is not finite.
    """
    numbers = {(n.table, n.row, n.column, n.metric): n for n in published}
    comparisons: dict[str, LedgerRow] = {}
    claims = []
    for claim in paper.claims:
        compared = [
            compare(paper, pairing, results, numbers, protocol)
            for pairing in pairings(claim, paper.table(claim.table))
        ]
        # Claims share comparisons: DCEC over DEC-conv is one of two of DCEC's claims.
        comparisons |= {each.row.address: each.row for each in compared}
        claims.append(_claim(paper, claim, compared, protocol))
    return [*comparisons.values(), *claims]


def _claim(
    paper: Paper, claim: Claim, compared: Sequence[Compared], protocol: Protocol
) -> LedgerRow:
    result = judge_claim(
        [each.lead for each in compared],
        protocol=protocol.slug,
        verdicts=protocol.verdicts,
        share=share_of(claim),
    )
    rows = [each.row for each in compared]
    ours: dict[str, Any] = {}
    if result.compared:
        ours = {
            "value": result.positive / result.compared,
            "printed": f"{result.positive} of {result.compared}",
            "seeds": " ".join(
                map(str, sorted({int(s) for row in rows for s in row.seeds.split()}))
            ),
            "runs": " ".join(dict.fromkeys(run for row in rows for run in row.runs.split())),
        }
    missing = [
        side.reason for each in compared if each.lead is None for side in each.sides if side.reason
    ]
    slugs = {
        "paper": paper.slug,
        "table": CLAIMS,
        "row": claim.slug,
        "column": ALL,
        "metric": ALL,
    }
    return LedgerRow(
        address=address(**slugs),
        **slugs,
        protocol=protocol.slug,
        kind="claim",
        n=result.compared,
        aggregation=f"positive comparisons of those with results; {result.total} in all",
        verdict=result.verdict,
        reason="; ".join(dict.fromkeys(filter(None, [result.reason, *missing]))),
        **_in_print(claim, rows),
        **ours,
    )


def _in_print(claim: Claim, rows: Sequence[LedgerRow]) -> dict[str, Any]:
    """Whether the claim holds in the paper's own numbers."""
    result = judge_printed([row.published for row in rows], share=share_of(claim))
    if result is None:
        return {"place": claim.place}
    return {
        "published": result.positive / result.compared,
        "published_unit": "fraction",
        "published_printed": f"{result.verdict}: {result.positive} of {result.compared}",
        "place": claim.place,
    }
