"""Ledger rows of single comparisons of two methods on a data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clustrace.config.pairings import ITERATIONS, Pairing
from clustrace.config.papers import Paper, PublishedNumber, Row
from clustrace.config.protocols import Protocol
from clustrace.evaluate.claims import Lead, Steps, paired_lead, steps_lead
from clustrace.evaluate.numbers import Unit, printed, printed_difference, rounding
from clustrace.provenance.cells import MethodResult
from clustrace.provenance.ledger import LedgerRow, address


@dataclass(frozen=True)
class Compared:
    """A comparison with what our runs and the paper give for it."""

    pairing: Pairing
    sides: tuple[MethodResult, MethodResult]
    """Results of the row ahead and of the row behind."""
    lead: Lead | None
    row: LedgerRow


def compare(
    paper: Paper,
    pairing: Pairing,
    results: Mapping[tuple[str, str], MethodResult],
    numbers: Mapping[tuple[str, str, str, str], PublishedNumber],
    protocol: Protocol,
) -> Compared:
    """Compare two methods by what both have of the same seeds.

    Raises:
        NotApplicableError: a score is not finite.
    """
    sides = (_result(pairing.ahead, pairing, results), _result(pairing.behind, pairing, results))
    lead = _lead(pairing, sides)
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
    return Compared(pairing, sides, lead, row)


def _result(
    row: Row, pairing: Pairing, results: Mapping[tuple[str, str], MethodResult]
) -> MethodResult:
    if row.method is None:
        return MethodResult(reason="not yet implemented")
    missing = MethodResult(reason="not run in this configuration")
    return results.get((row.method, pairing.column.dataset), missing)


def _lead(pairing: Pairing, sides: tuple[MethodResult, MethodResult]) -> Lead | None:
    """The lead over the seeds that have the compared quantity on both sides."""
    if pairing.metric is None:
        return steps_lead(*map(_steps, sides))
    name = pairing.metric.metric
    ahead, behind = (
        {member.seed: member.scores[name] for member in side.seeds if name in member.scores}
        for side in sides
    )
    return paired_lead(ahead, behind)


def _steps(side: MethodResult) -> dict[int, Steps]:
    return {
        member.seed: Steps(member.scores[ITERATIONS], member.capped)
        for member in side.seeds
        if ITERATIONS in member.scores
    }


def _ours(
    pairing: Pairing, sides: tuple[MethodResult, MethodResult], lead: Lead | None
) -> dict[str, Any]:
    rows = (pairing.ahead, pairing.behind)
    reasons = [
        f"{row.printed}: {side.reason}"
        for row, side in zip(rows, sides, strict=True)
        if side.reason
    ]
    if lead is None:
        reason = "; ".join(reasons) or f"no seed has {pairing.metric_slug} of both methods"
        return {"reason": reason}
    capped = _capped(pairing, sides, lead)
    runs = [member.run for side in sides for member in side.seeds if member.seed in lead.seeds]
    return {
        **_printed(pairing, lead),
        "value": lead.mean,
        "std": lead.std,
        "n": len(lead.seeds),
        "seeds": " ".join(map(str, lead.seeds)),
        "runs": " ".join(dict.fromkeys(runs)),
        "p_value": lead.p_value,
        "capped": " ".join(f"{row.slug}:{seed}" for row, seeds in capped for seed in seeds),
        "reason": "; ".join([*reasons, *_stopped(capped, lead)]),
    }


def _capped(
    pairing: Pairing, sides: tuple[MethodResult, MethodResult], lead: Lead
) -> list[tuple[Row, list[int]]]:
    """Compared seeds of each row whose training ended at its largest number of iterations."""
    if pairing.metric is not None:
        return []
    rows = (pairing.ahead, pairing.behind)
    return [
        (row, sorted(m.seed for m in side.seeds if m.capped and m.seed in lead.seeds))
        for row, side in zip(rows, sides, strict=True)
    ]


def _stopped(capped: Sequence[tuple[Row, Sequence[int]]], lead: Lead) -> Iterator[str]:
    """Which trainings ended at their largest number of iterations, and what follows."""
    for row, seeds in capped:
        if seeds:
            yield (
                f"{row.printed} ended at its largest number of iterations with seed"
                f"{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
            )
    if lead.open:
        yield "which of them needs fewer is open"


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
