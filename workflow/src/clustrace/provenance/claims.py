"""Ledger rows of a paper's claims, and of the comparisons that they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clustrace.config.claims import ALL, CLAIMS, Claim
from clustrace.config.pairings import ITERATIONS, Pairing, pairings
from clustrace.config.papers import Paper, PublishedNumber, Row
from clustrace.config.protocols import Protocol
from clustrace.evaluate.claims import Lead, judge_claim, judge_printed, paired_lead
from clustrace.evaluate.numbers import Unit, printed, printed_difference, rounding
from clustrace.provenance.cells import MethodResult
from clustrace.provenance.ledger import LedgerRow, address


@dataclass(frozen=True)
class _Compared:
    """A comparison with what our runs and the paper give for it."""

    pairing: Pairing
    sides: tuple[MethodResult, MethodResult]
    """Results of the row ahead and of the row behind."""
    lead: Lead | None
    row: LedgerRow


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
            _compare(paper, pairing, results, numbers, protocol)
            for pairing in pairings(claim, paper.table(claim.table))
        ]
        # Claims share comparisons: DCEC over DEC-conv is one of two of DCEC's claims.
        comparisons |= {each.row.address: each.row for each in compared}
        claims.append(_claim(paper, claim, compared, protocol))
    return [*comparisons.values(), *claims]


def _compare(
    paper: Paper,
    pairing: Pairing,
    results: Mapping[tuple[str, str], MethodResult],
    numbers: Mapping[tuple[str, str, str, str], PublishedNumber],
    protocol: Protocol,
) -> _Compared:
    sides = (_result(pairing.ahead, pairing, results), _result(pairing.behind, pairing, results))
    ahead, behind = (_values(side, pairing) for side in sides)
    # Fewer gradient steps are better.
    lead = paired_lead(ahead, behind) if pairing.metric else paired_lead(behind, ahead)
    slugs = {
        "paper": paper.slug,
        "table": pairing.table.slug,
        "row": pairing.row_slug,
        "column": pairing.column.slug,
        "metric": pairing.metric_slug,
    }
    row = LedgerRow(
        address=address(**slugs),
        **slugs,
        protocol=protocol.slug,
        kind="comparison",
        **_theirs(pairing, numbers),
        **_ours(pairing, sides, lead),
    )
    return _Compared(pairing, sides, lead, row)


def _result(
    row: Row, pairing: Pairing, results: Mapping[tuple[str, str], MethodResult]
) -> MethodResult:
    if row.method is None:
        return MethodResult(reason="not yet implemented")
    missing = MethodResult(reason="not run in this configuration")
    return results.get((row.method, pairing.column.dataset), missing)


def _values(result: MethodResult, pairing: Pairing) -> dict[int, float]:
    """The compared quantity of each seed that has it."""
    name = pairing.metric.metric if pairing.metric else ITERATIONS
    return {m.seed: m.scores[name] for m in result.seeds if name in m.scores}


def _ours(
    pairing: Pairing, sides: tuple[MethodResult, MethodResult], lead: Lead | None
) -> dict[str, Any]:
    names = (pairing.ahead.printed, pairing.behind.printed)
    reason = "; ".join(
        f"{name}: {side.reason}" for name, side in zip(names, sides, strict=True) if side.reason
    )
    if lead is None:
        return {"reason": reason or f"no seed has {pairing.metric_slug} of both methods"}
    runs = [member.run for side in sides for member in side.seeds if member.seed in lead.seeds]
    return {
        **_printed(pairing, lead),
        "value": lead.mean,
        "std": lead.std,
        "n": len(lead.seeds),
        "seeds": " ".join(map(str, lead.seeds)),
        "runs": " ".join(dict.fromkeys(runs)),
        "p_value": lead.p_value,
        "reason": reason,
    }


def _printed(pairing: Pairing, lead: Lead) -> dict[str, str]:
    ahead, behind = pairing.ahead.printed, pairing.behind.printed
    unit: Unit
    if pairing.metric is None:
        unit, decimals, how = "fraction", 0, "gradient steps, 0 decimals, half to even"
        difference = f"{behind} minus {ahead}"
    else:
        unit, decimals = pairing.metric.unit, pairing.metric.decimals
        how, difference = rounding(unit, decimals), f"{ahead} minus {behind}"
    spread = "" if lead.std is None else f" ± {printed(lead.std, unit, decimals)}"
    single = len(lead.seeds) == 1
    return {
        "printed": printed_difference(lead.mean, unit, decimals) + spread,
        "rounding": how,
        "aggregation": f"{'single seed' if single else 'mean over seeds'} of {difference}",
    }


def _theirs(
    pairing: Pairing, numbers: Mapping[tuple[str, str, str, str], PublishedNumber]
) -> dict[str, Any]:
    """The difference of the two numbers that the paper prints, where it prints both."""
    if pairing.metric is None:
        return {}
    place = (pairing.column.slug, pairing.metric.slug)
    ahead, behind = (
        numbers.get((pairing.table.slug, row.slug, *place))
        for row in (pairing.ahead, pairing.behind)
    )
    if ahead is None or behind is None or ahead.value is None or behind.value is None:
        return {}
    # Decimal digits, as 79.0 - 77.9 in binary is not 1.1.
    difference = Decimal(repr(ahead.value)) - Decimal(repr(behind.value))
    return {
        "published": float(difference),
        "published_unit": pairing.metric.unit,
        "published_printed": f"{difference:+.{max(ahead.decimals, behind.decimals)}f}",
        "place": " and ".join(dict.fromkeys((ahead.place, behind.place))),
    }


def _claim(
    paper: Paper, claim: Claim, compared: Sequence[_Compared], protocol: Protocol
) -> LedgerRow:
    result = judge_claim(
        [each.lead for each in compared], protocol=protocol.slug, verdicts=protocol.verdicts
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
    result = judge_printed([row.published for row in rows])
    if result is None:
        return {"place": claim.place}
    return {
        "published": result.positive / result.compared,
        "published_unit": "fraction",
        "published_printed": f"{result.verdict}: {result.positive} of {result.compared}",
        "place": claim.place,
    }
