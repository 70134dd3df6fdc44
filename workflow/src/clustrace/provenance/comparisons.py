"""Ledger rows of single comparisons of a method with another, or with a number, on a data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, assert_never

from clustrace.config.pairings import ITERATIONS, TRENDS, Against, Pairing
from clustrace.config.papers import Paper, PublishedNumber, Row
from clustrace.config.protocols import Protocol
from clustrace.evaluate.leads import (
    Lead,
    Steps,
    bound_lead,
    near_lead,
    paired_lead,
    reading_lead,
    steps_lead,
    trend_lead,
)
from clustrace.evaluate.numbers import Unit, as_fraction, printed, printed_difference, rounding
from clustrace.provenance.cells import TAU_DECIMALS
from clustrace.provenance.ledger import LedgerRow, address
from clustrace.provenance.measured import MethodResult, at_start


@dataclass(frozen=True)
class Compared:
    """A comparison with what our runs and the paper give for it."""

    pairing: Pairing
    sides: tuple[MethodResult, ...]
    """Results of the rows compared."""
    lead: Lead | None
    row: LedgerRow


def compare(
    paper: Paper,
    pairing: Pairing,
    results: Mapping[tuple[str, str], MethodResult],
    numbers: Mapping[tuple[str, str, str, str], PublishedNumber],
    protocol: Protocol,
) -> Compared:
    """Compare methods by what they have of the same seeds.

    Raises:
        NotApplicableError: a score is not finite.
    """
    sides = tuple(_result(row, pairing, results) for row in pairing.rows)
    readings = [numbers.get(place) for place in pairing.places()]
    lead = _lead(pairing, sides, [each.value for each in readings if each is not None])
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


def _lead(
    pairing: Pairing, sides: Sequence[MethodResult], readings: Sequence[float | None]
) -> Lead | None:
    """The lead over the seeds that have all that is compared.

    Args:
        pairing: What is compared.
        sides: Results of its rows.
        readings: Published numbers of its own table and of the other reading.
    """
    ahead, behind = sides[0], sides[-1]
    limit = pairing.limit or 0.0
    if pairing.metric is None:
        return steps_lead(_steps(ahead), _steps(behind))
    name = pairing.metric.metric
    if pairing.metric.lower_is_better and pairing.against is Against.OTHER:
        ahead, behind = behind, ahead
    match pairing.against:
        case Against.OTHER | Against.STEPS:
            return paired_lead(_scores(ahead, name), _scores(behind, name), limit)
        case Against.RISES | Against.FALLS:
            rising = pairing.against is Against.RISES
            return trend_lead([_scores(side, name) for side in sides], rising=rising)
        case Against.NEAR:
            return near_lead(_scores(ahead, name), _scores(behind, name), limit)
        case Against.START:
            return paired_lead(_scores(ahead, name), _scores(ahead, at_start(name)))
        case Against.LEAST | Against.MOST:
            above = pairing.against is Against.LEAST
            return bound_lead(_scores(ahead, name), limit, above=above)
        case Against.NEARER:
            found = [as_fraction(x, pairing.metric.unit) for x in readings if x is not None]
            return reading_lead(_scores(ahead, name), *found) if len(found) == 2 else None
        case _:
            assert_never(pairing.against)


def _scores(side: MethodResult, name: str) -> dict[int, float]:
    return {member.seed: member.scores[name] for member in side.seeds if name in member.scores}


def _steps(side: MethodResult) -> dict[int, Steps]:
    return {
        member.seed: Steps(member.scores[ITERATIONS], member.capped)
        for member in side.seeds
        if ITERATIONS in member.scores
    }


def _ours(pairing: Pairing, sides: Sequence[MethodResult], lead: Lead | None) -> dict[str, Any]:
    reasons = [
        f"{row.printed}: {side.reason}"
        for row, side in zip(pairing.rows, sides, strict=True)
        if side.reason
    ]
    if lead is None:
        return {"reason": "; ".join(reasons) or f"no seed has {_lacking(pairing)}"}
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


def _lacking(pairing: Pairing) -> str:
    if pairing.against is Against.START:
        return f"{pairing.metric_slug} at the start of its fine-tuning"
    if pairing.against is Against.NEARER:
        return f"{pairing.metric_slug} beside published numbers of both tables"
    both = " of all methods" if pairing.between else " of both methods" if pairing.behind else ""
    return f"{pairing.metric_slug}{both}"


def _capped(
    pairing: Pairing, sides: Sequence[MethodResult], lead: Lead
) -> list[tuple[Row, list[int]]]:
    """Compared seeds of each row whose training ended at its largest number of iterations."""
    if pairing.metric is not None:
        return []
    return [
        (row, sorted(m.seed for m in side.seeds if m.capped and m.seed in lead.seeds))
        for row, side in zip(pairing.rows, sides, strict=True)
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
    unit: Unit
    if pairing.metric is None:
        unit, decimals, how = "fraction", 0, "gradient steps, 0 decimals, half to even"
    elif pairing.against in TRENDS:
        unit, decimals = "fraction", TAU_DECIMALS
        how = rounding(unit, decimals)
    else:
        unit, decimals = pairing.metric.unit, pairing.metric.decimals
        how = rounding(unit, decimals)
    spread = "" if lead.std is None else f" ± {printed(lead.std, unit, decimals)}"
    return {
        "printed": printed_difference(lead.mean, unit, decimals) + spread,
        "rounding": how,
        "aggregation": _aggregation(pairing, single=len(lead.seeds) == 1),
    }


def _aggregation(pairing: Pairing, *, single: bool) -> str:
    how = "single seed of" if single else "mean over seeds of"
    ahead, limit = pairing.ahead.printed, f"{pairing.limit_printed:g}"
    behind = pairing.behind.printed if pairing.behind else ""
    match pairing.against:
        case Against.OTHER:
            if pairing.metric is not None and pairing.metric.lower_is_better:
                ahead, behind = behind, ahead
            return f"{how} {ahead} minus {behind}" + f" minus {limit}" * (pairing.limit is not None)
        case Against.RISES | Against.FALLS:
            sign = "" if pairing.against is Against.RISES else ", with the other sign"
            return f"{how} Kendall's tau-b from {ahead} to {behind}{sign}"
        case Against.STEPS:
            return f"{how} {behind} minus {ahead}"
        case Against.NEAR:
            return f"{limit} minus the absolute {how} {ahead} minus {behind}"
        case Against.START:
            return f"{how} {ahead} minus its start"
        case Against.LEAST:
            return f"{how} {ahead} minus {limit}"
        case Against.MOST:
            return f"{how} {limit} minus {ahead}"
        case Against.NEARER:
            return (
                f"{how} the distance of {ahead} to the published number of {pairing.than} minus "
                f"that to the one of {pairing.table.slug}"
            )
        case _:
            assert_never(pairing.against)


def _theirs(
    pairing: Pairing, numbers: Mapping[tuple[str, str, str, str], PublishedNumber]
) -> dict[str, Any]:
    """The same comparison of the numbers that the paper prints, where it prints them."""
    if pairing.metric is None or pairing.against in (Against.START, Against.NEARER):
        return {}
    place = (pairing.column.slug, pairing.metric.slug)
    found = [numbers.get((pairing.table.slug, row.slug, *place)) for row in pairing.rows]
    members = [number for number in found if number is not None and number.value is not None]
    if len(members) < len(found):
        return {}
    # Decimal digits, as 79.0 - 77.9 in binary is not 1.1.
    lead = _decimal_lead(pairing, [Decimal(repr(number.value)) for number in members])
    decimals = max(number.decimals for number in members)
    is_trend = pairing.against in TRENDS
    return {
        "published": float(lead),
        "published_unit": "fraction" if is_trend else pairing.metric.unit,
        "published_printed": f"{lead:+.{TAU_DECIMALS if is_trend else decimals}f}",
        "place": " and ".join(dict.fromkeys(number.source for number in members)),
    }


def _decimal_lead(pairing: Pairing, values: Sequence[Decimal]) -> Decimal:
    limit = Decimal(repr(pairing.limit_printed))
    match pairing.against:
        case Against.NEAR:
            return limit - abs(values[0] - values[1])
        case Against.LEAST:
            return values[0] - limit
        case Against.MOST:
            return limit - values[0]
        case Against.RISES | Against.FALLS:
            rising = pairing.against is Against.RISES
            found = trend_lead([{0: float(value)} for value in values], rising=rising)
            return Decimal(repr(found.mean if found else 0.0))
    less = pairing.metric is not None and pairing.metric.lower_is_better
    lead = values[1] - values[0] if less else values[0] - values[1]
    return lead if pairing.limit is None else lead - limit
