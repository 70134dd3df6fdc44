"""Printed text, spread, tolerance, verdict and ranking, without the code that computed them.

Rounding works on exact fractions, and Student's t distribution by its finite series for whole
degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4); `evaluate` calls SciPy.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from fractions import Fraction

#: Seeds below which no verdict is passed, and methods below which none are ranked.
LEAST = 3
#: Tolerance, as a fraction, above which a verdict would say nothing.
WIDEST_TOLERANCE = 0.05
#: Level of the tests behind claims.
SIGNIFICANCE = 0.05

#: What a printed unit is of the value inside.
SCALES = {"percent": 100, "fraction": 1, "seconds": 1, "ratio": 1, "millions": 1}
#: Units of what is judged by its order of magnitude, as it hangs on the machine.
TIMES = ("seconds", "ratio")
# Binary differences of decimal numbers miss a bound that they meet by about 1e-17.
_SLACK = 1e-12


def printed(value: float, unit: str, decimals: int) -> str:
    """A fraction in ``unit``, rounded half to even on the decimal digits of its shortest form."""
    whole = round(Fraction(repr(value)) * SCALES[unit] * 10**decimals)
    digits = f"{abs(whole):0{decimals + 1}d}"
    cut = len(digits) - decimals
    text = f"{digits[:cut]}.{digits[cut:]}" if decimals else digits
    return f"-{text}" if whole < 0 else text


def printed_signed(value: float, unit: str, decimals: int) -> str:
    """As :func:`printed`, with a plus sign above zero."""
    text = printed(value, unit, decimals)
    return text if text.startswith("-") or not text.strip("0.") else f"+{text}"


def printed_with_spread(mean: float, std: float | None, unit: str, decimals: int) -> str:
    """``54.24 ± 0.31``, or the mean alone where there is no spread."""
    text = printed(mean, unit, decimals)
    return text if std is None else f"{text} ± {printed(std, unit, decimals)}"


def mean(values: Sequence[float]) -> float:
    """Mean, from exact fractions."""
    return float(sum(map(Fraction, values)) / len(values))


def median(values: Sequence[float]) -> float:
    """The value in the middle, or the mean of the two there, from exact fractions."""
    ordered, half = sorted(values), len(values) // 2
    return mean(ordered[half : half + 1] if len(values) % 2 else ordered[half - 1 : half + 1])


def middle(values: Sequence[float], statistic: str) -> float:
    """Mean or median of some values."""
    return median(values) if statistic == "median" else mean(values)


def deviation(values: Sequence[float]) -> float | None:
    """Standard deviation with n - 1 in the denominator; None for a single value."""
    if len(values) < 2:
        return None
    exact = [Fraction(value) for value in values]
    middle = sum(exact) / len(exact)
    squares = sum((value - middle) ** 2 for value in exact)
    return math.sqrt(squares / (len(exact) - 1))


def tolerance(values: Sequence[float], unit: str, decimals: int) -> float:
    """Half-width of the 95 % prediction interval for one more run, as a fraction.

    t(n-1) s sqrt(1 + 1/n), and never below half a unit of the last printed digit. Needs two
    values or more.
    """
    spread, n = deviation(values), len(values)
    if spread is None:
        raise ValueError("a single value has no spread")
    least = float(Fraction(1, 2 * 10**decimals * SCALES[unit]))
    return max(least, t_quantile(n - 1) * spread * math.sqrt(1 + 1 / n))


def verdict(difference: float, within: float) -> str:
    """``reproduced``, ``higher`` or ``lower``; ``inconclusive`` if the tolerance says nothing."""
    if within > WIDEST_TOLERANCE:
        return "inconclusive"
    if abs(difference) <= within + _SLACK:
        return "reproduced"
    return "higher" if difference > 0 else "lower"


def verdict_of_time(value: float, published: float) -> str:
    """``reproduced`` within a factor of ten, as times hang on the machine; else as above."""
    if Fraction(value) > 10 * Fraction(published):
        return "higher"
    return "lower" if 10 * Fraction(value) < Fraction(published) else "reproduced"


@functools.cache
def t_quantile(freedom: int) -> float:
    """Value that |t| stays below with a probability of 95 %."""
    low, high = 0.0, 13.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (low, middle) if _central(middle, freedom) > 0.95 else (middle, high)
    return (low + high) / 2


def paired_p_value(differences: Sequence[float]) -> float | None:
    """One-sided p value of a paired t test for a mean above 0; None below three differences."""
    n, spread = len(differences), deviation(differences)
    if n < LEAST or spread is None:
        return None
    middle = mean(differences)
    if spread == 0:
        return 0.0 if middle > 0 else 1.0
    statistic = middle * math.sqrt(n) / spread
    outside = (1 - _central(abs(statistic), n - 1)) / 2
    return outside if statistic > 0 else 1 - outside


def _central(value: float, freedom: int) -> float:
    """Probability that Student's |t| lies below ``value``."""
    angle = math.atan(value / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for index in range(freedom // 2):
        total += term
        upper, lower = (2 * index + 2, 2 * index + 3) if odd else (2 * index + 1, 2 * index + 2)
        term *= cosine * cosine * upper / lower
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def kendall_tau(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Kendall's tau-b, pair by pair; None below three pairs or if one side is constant."""
    if len(first) < LEAST:
        return None
    agreeing, untied_first, untied_second = 0, 0, 0
    for later in range(len(first)):
        for earlier in range(later):
            one = _sign(first[later] - first[earlier])
            other = _sign(second[later] - second[earlier])
            agreeing += one * other
            untied_first += one != 0
            untied_second += other != 0
    if not untied_first or not untied_second:
        return None
    return agreeing / math.sqrt(untied_first * untied_second)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
