"""Single comparisons of claims, computed anew from the label vectors of their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from clustrace.audit import numbers
from clustrace.audit.case import Case
from clustrace.audit.scoreboard import Evaluation
from clustrace.config.pairings import Against, Pairing
from clustrace.config.papers import Paper


@dataclass(frozen=True)
class _Side:
    """A method's values on a data set, seed by seed."""

    values: Mapping[int, float]
    capped: frozenset[int] = frozenset()
    """Seeds whose training ended at its largest number of steps."""


@dataclass(frozen=True)
class Lead:
    """How far each seed speaks for a comparison."""

    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    """Above 0 where it comes out as claimed."""
    capped: tuple[str, ...]
    open: bool
    """True if longer trainings might have turned it."""

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return numbers.mean(self.differences)

    @property
    def p_value(self) -> float | None:
        """Of the one-sided t test."""
        return None if self.open else numbers.paired_p_value(self.differences)


def lead_of(case: Case, paper: Paper, pairing: Pairing) -> Lead | None:
    """The lead over the seeds that have all that is compared; None without any.

    Raises:
        TreeError: a run cannot be scored.
    """
    sides = _sides(case, pairing)
    if pairing.against is Against.NEARER:
        sides += _readings(case, paper, pairing, sides[0])
    seeds = tuple(sorted(frozenset.intersection(*(frozenset(side.values) for side in sides))))
    if not seeds:
        return None
    differences = _differences(pairing, [[side.values[s] for s in seeds] for side in sides])
    unsure = sides[0] if sum(map(Fraction, differences)) > 0 else sides[-1]
    capped = [
        f"{row.slug}:{seed}"
        for row, side in zip(pairing.rows, sides, strict=False)
        for seed in seeds
        if seed in side.capped
    ]
    is_open = any(seed in unsure.capped for seed in seeds)
    return Lead(seeds, tuple(differences), tuple(capped), is_open)


def _differences(pairing: Pairing, columns: Sequence[Sequence[float]]) -> list[float]:
    """One number for each seed, above 0 where it speaks for the claim."""
    limit = pairing.limit or 0.0
    first, last = columns[0], columns[-1]
    match pairing.against:
        case Against.RISES | Against.FALLS:
            return [_trend(pairing, values) for values in zip(*columns, strict=True)]
        case Against.LEAST:
            return [value - limit for value in first]
        case Against.MOST:
            return [limit - value for value in first]
        case Against.NEARER:
            _, own, others = columns
            distances = zip(first, own, others, strict=True)
            return [abs(value - other) - abs(value - mine) for value, mine, other in distances]
        case Against.STEPS:
            return [other - one for one, other in zip(first, last, strict=True)]
        case Against.NEAR:
            gaps = [one - other for one, other in zip(first, last, strict=True)]
            # The margin on the side to which the mean leans is the one that it may cross.
            below = sum(map(Fraction, gaps)) < 0
            return [limit + gap if below else limit - gap for gap in gaps]
    sign = _sign(pairing)
    return [sign * (one - other) - limit for one, other in zip(first, last, strict=True)]


def _trend(pairing: Pairing, values: Sequence[float]) -> float:
    """Kendall's tau of an order of rows, above 0 where it goes as claimed; 0 if all are equal."""
    tau = numbers.kendall_tau(range(len(values)), values) or 0.0
    return tau if pairing.against is Against.RISES else -tau


def _sign(pairing: Pairing) -> int:
    """-1 where the smaller of two values is the better one."""
    return -1 if pairing.metric is not None and pairing.metric.lower_is_better else 1


def _sides(case: Case, pairing: Pairing) -> list[_Side]:
    sides = [_side(case, pairing, row.method) for row in pairing.rows]
    if pairing.against is Against.START:
        sides.append(_start(case, pairing))
    return sides


def _readings(case: Case, paper: Paper, pairing: Pairing, ours: _Side) -> list[_Side]:
    """The published numbers of both readings, for each seed; no seed where one is not printed."""
    sides = []
    for cell in pairing.places():
        place = case.places.get(".".join((paper.slug, *cell)))
        value = place.number.value if place and place.number else None
        if place is None or value is None:
            return [_Side({})]
        scaled = float(Fraction(repr(value)) / numbers.SCALES[place.metric.unit])
        sides.append(_Side(dict.fromkeys(ours.values, scaled)))
    return sides


def _runs(case: Case, pairing: Pairing, method: str | None) -> list[Evaluation]:
    group = case.scores.groups.get(("evaluate", pairing.column.dataset, method or ""), [])
    return sorted(group, key=lambda evaluation: evaluation.run)


def _side(case: Case, pairing: Pairing, method: str | None) -> _Side:
    values: dict[int, float] = {}
    capped: set[int] = set()
    for evaluation in _runs(case, pairing, method):
        if pairing.metric is not None and pairing.metric.is_time:
            for seed, seconds in case.times.of(evaluation.run, pairing.metric.metric).items():
                values.setdefault(seed, seconds)
            continue
        if pairing.metric is not None:
            for seed, scores in case.scores.of(evaluation.run).seeds.items():
                values.setdefault(seed, getattr(scores, pairing.metric.metric))
            continue
        for seed, steps in case.scores.steps(evaluation.run).items():
            if seed not in values:
                values[seed] = steps.count
                capped |= {seed} if steps.capped else set()
    return _Side(values, frozenset(capped))


def _start(case: Case, pairing: Pairing) -> _Side:
    """Scores of the label vectors that a fine-tuning starts from."""
    assert pairing.metric is not None
    values: dict[int, float] = {}
    for evaluation in _runs(case, pairing, pairing.ahead.method):
        if evaluation.trajectory is not None:
            for seed, rows in case.scores.trajectory(evaluation.run).items():
                if rows:
                    values.setdefault(seed, rows[0][pairing.metric.metric])
    return _Side(values)


def ours(lead: Lead | None) -> Mapping[str, object]:
    """What a ledger must say of a comparison."""
    if lead is None:
        return {"value": None, "n": 0, "p_value": None}
    return {
        "value": lead.mean,
        "std": numbers.deviation(lead.differences),
        "n": len(lead.seeds),
        "seeds": lead.seeds,
        "p_value": lead.p_value,
        "capped": lead.capped,
    }


def theirs(case: Case, paper: Paper, pairing: Pairing) -> Mapping[str, object]:
    """The same comparison of the numbers that the paper prints."""
    if pairing.metric is None or pairing.against in (Against.START, Against.NEARER):
        return {"published": None}
    ends = (pairing.column.slug, pairing.metric.slug)
    values = []
    for row in pairing.rows:
        place = case.places.get(".".join((paper.slug, pairing.table.slug, row.slug, *ends)))
        number = place.number if place else None
        if number is None or number.value is None:
            return {"published": None}
        values.append(Fraction(repr(number.value)))
    return {"published": float(_in_print(pairing, values))}


def _in_print(pairing: Pairing, values: Sequence[Fraction]) -> Fraction:
    assert pairing.metric is not None
    scale = 100 if pairing.metric.unit == "percent" else 1
    limit = Fraction(repr(pairing.limit or 0.0)) * scale
    match pairing.against:
        case Against.LEAST:
            return values[0] - limit
        case Against.MOST:
            return limit - values[0]
        case Against.NEAR:
            return limit - abs(values[0] - values[1])
        case Against.RISES | Against.FALLS:
            return Fraction(_trend(pairing, [float(value) for value in values]))
    return _sign(pairing) * (values[0] - values[1]) - limit
