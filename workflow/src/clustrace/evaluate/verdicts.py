"""Verdicts: does a published number agree with the runs made here?

A published number p counts as one more run beside ours, v_1 .. v_n with mean m and standard
deviation s. The tolerance is the half-width of the 95 % prediction interval for one more run,
t(n-1) s sqrt(1 + 1/n), but never less than half a unit of the last printed digit.

Seconds hang on the machine: they agree with published ones if they are within a factor of ten. So
do ratios of seconds, in which the machine counts less, but still the program.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import stdev

from clustrace.errors import NotApplicableError
from clustrace.evaluate.numbers import Statistic, Unit, as_fraction, half_last_digit, middle

MIN_SEEDS = 3
#: A tolerance above 5 points would call nearly everything reproduced.
MAX_TOLERANCE = 0.05
MIN_RANKED = 3
#: Times of the same order of magnitude.
TIME_FACTOR = 10

_CONFIDENCE = 0.95
# Differences of decimal numbers in binary miss a bound that they meet by about 1e-17.
_FLOAT_SLACK = 1e-12


class VerdictKind(StrEnum):
    """How our runs stand to the published number."""

    REPRODUCED = "reproduced"
    HIGHER = "higher"
    LOWER = "lower"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Verdict:
    """Comparison with a published number, in fractions, seconds, ratios of these, or millions."""

    kind: VerdictKind | None
    """None if no verdict is due; then ``reason`` says why."""
    difference: float
    """Our mean, or median, minus the published number."""
    tolerance: float | None = None
    tolerance_from: str = ""
    """How the tolerance follows from the runs, with its numbers."""
    reason: str = ""


def judge(
    values: Sequence[float],
    published: float,
    *,
    unit: Unit,
    decimals: int,
    protocol: str,
    verdicts: bool,
    statistic: Statistic = "mean",
) -> Verdict:
    """Compare the values of several seeds with a published number.

    Args:
        values: One score a seed, as fractions, seconds, or ratios of these.
        published: The number as printed, in ``unit`` with ``decimals`` decimals.
        unit: Unit of the published number.
        decimals: Decimals of the published number.
        protocol: Name of the protocol, for the reason.
        verdicts: Whether the protocol passes verdicts.
        statistic: What stands for the seeds.

    Raises:
        NotApplicableError: there are no values, or one is not finite.
    """
    if not values or not all(map(math.isfinite, [*values, published])):
        raise NotApplicableError(
            f"The scores {list(values)} cannot be compared with {published}; "
            "give at least one, and only finite numbers."
        )
    ours = middle(values, statistic)
    difference = ours - as_fraction(published, unit)
    if not verdicts:
        return Verdict(None, difference, reason=f"the protocol {protocol} passes no verdicts")
    if len(values) < MIN_SEEDS:
        reason = f"too few seeds for a verdict ({len(values)} of at least {MIN_SEEDS})"
        return Verdict(None, difference, reason=reason)
    if unit in ("seconds", "ratio"):
        return Verdict(_kind_of_time(ours, published), difference)
    tolerance, derivation = _tolerance(values, unit, decimals)
    return Verdict(_kind(difference, tolerance), difference, tolerance, derivation)


def judge_exact(value: float, published: float, *, decimals: int, verdicts: bool) -> Verdict:
    """Compare a count with a published one: once rounded, it is the same or not.

    Args:
        value: The count, in the unit of the paper.
        published: The number as printed, with ``decimals`` decimals.
        decimals: Decimals of the published number.
        verdicts: Whether the protocol passes verdicts.
    """
    difference = value - published
    if not verdicts:
        return Verdict(None, difference, reason="the protocol passes no verdicts")
    tolerance = half_last_digit("millions", decimals)
    derivation = f"half a unit of the last printed digit = {tolerance:.6g}, of an exact count"
    return Verdict(_kind(difference, tolerance), difference, tolerance, derivation)


def _kind(difference: float, tolerance: float) -> VerdictKind:
    if tolerance > MAX_TOLERANCE:
        return VerdictKind.INCONCLUSIVE
    if abs(difference) <= tolerance + _FLOAT_SLACK:
        return VerdictKind.REPRODUCED
    return VerdictKind.HIGHER if difference > 0 else VerdictKind.LOWER


def _kind_of_time(seconds: float, published: float) -> VerdictKind:
    if seconds > TIME_FACTOR * published:
        return VerdictKind.HIGHER
    return VerdictKind.LOWER if TIME_FACTOR * seconds < published else VerdictKind.REPRODUCED


def _tolerance(values: Sequence[float], unit: Unit, decimals: int) -> tuple[float, str]:
    from scipy.stats import t  # Takes a second to import, and who reads ledgers does not need it.

    n, deviation = len(values), stdev(values)
    quantile = float(t.ppf((1 + _CONFIDENCE) / 2, n - 1))
    interval = quantile * deviation * math.sqrt(1 + 1 / n)
    least = half_last_digit(unit, decimals)
    derivation = (
        f"95 % prediction interval t({n - 1}) s sqrt(1 + 1/{n}) "
        f"= {quantile:.4f} * {deviation:.6g} * {math.sqrt(1 + 1 / n):.4f} = {interval:.6g}"
    )
    if interval >= least:
        return interval, derivation
    return least, f"half a unit of the last printed digit = {least:g}, above the {derivation}"


def ranking_agreement(published: Sequence[float], ours: Sequence[float]) -> float | None:
    """Kendall's tau-b between two rankings of the same methods, in [-1, 1].

    Returns:
        None with fewer than 3 methods, or if one side ranks all of them equal.

    Raises:
        NotApplicableError: the two sequences differ in length.
    """
    if len(published) != len(ours):
        raise NotApplicableError(
            f"{len(published)} published numbers cannot be ranked against {len(ours)} of ours; "
            "give one of each for every method."
        )
    if len(published) < MIN_RANKED:
        return None
    from scipy.stats import kendalltau

    tau = float(kendalltau(published, ours).statistic)
    return None if math.isnan(tau) else tau
