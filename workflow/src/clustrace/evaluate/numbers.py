"""Units and printing of scores: fractions inside, the paper's unit and digits outside."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import fmean, median
from typing import Literal

#: Scores are fractions inside; seconds stay seconds, ratios ratios, and millions millions.
Unit = Literal["percent", "fraction", "seconds", "ratio", "millions"]
#: What stands for the values of several seeds.
Statistic = Literal["mean", "median"]

_SCALE = {"percent": 100, "fraction": 1, "seconds": 1, "ratio": 1, "millions": 1}


def middle(values: Sequence[float], statistic: Statistic) -> float:
    """Mean or median of at least one value."""
    return fmean(values) if statistic == "mean" else float(median(values))


def as_fraction(value: float, unit: Unit) -> float:
    """A value as printed in ``unit``, as a fraction."""
    return value / _SCALE[unit]


def printed(value: float, unit: Unit, decimals: int) -> str:
    """A fraction as text in ``unit``, rounded half to even on its decimal digits."""
    # Decimal digits, since 100 * value in binary may fall on the other side of a half.
    exact = Decimal(repr(float(value))) * _SCALE[unit]
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
    return format(abs(rounded) if rounded.is_zero() else rounded, "f")


def printed_difference(value: float, unit: Unit, decimals: int) -> str:
    """As :func:`printed`, with a sign unless it rounds to zero."""
    text = printed(value, unit, decimals)
    return text if text.startswith("-") or not float(text) else f"+{text}"


def printed_cell(mean: float, std: float | None, unit: Unit, decimals: int) -> str:
    """``54.24 ± 0.31``, or ``54.24`` when there is no standard deviation."""
    text = printed(mean, unit, decimals)
    return text if std is None else f"{text} ± {printed(std, unit, decimals)}"


def rounding(unit: Unit, decimals: int) -> str:
    """How :func:`printed` rounds, in words."""
    return f"{unit}, {decimals} decimal{'' if decimals == 1 else 's'}, half to even"


def half_last_digit(unit: Unit, decimals: int) -> float:
    """Half a unit of the last printed digit, as a fraction: what rounding alone can hide."""
    return as_fraction(0.5 * 10.0**-decimals, unit)
