"""Line search for the strong Wolfe conditions, as a generator that asks for function values."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

#: Share of the first decrease that a step must give (Armijo), and of the first slope that it may
#: leave; the values of minFunc and of Nocedal and Wright, section 3.1.
_SUFFICIENT_DECREASE, _REMAINING_SLOPE = 1e-4, 0.9
_WIDTH = 1e-9


@dataclass(frozen=True)
class Point:
    """A point of the line: step, function value, slope."""

    step: float
    value: float
    slope: float


#: Yields steps, is sent the point of each, and returns the one that is taken.
LineSearch = Generator[float, Point, Point]


def strong_wolfe(start: Point, step: float, evaluations: int) -> LineSearch:
    r"""Find a step t along a direction d that satisfies the strong Wolfe conditions.

    .. math::
        f(x + t d) \le f(x) + c_1 t\, g^\top d, \qquad
        |\nabla f(x + t d)^\top d| \le c_2\, |g^\top d|

    with c1 = 1e-4 and c2 = 0.9: a bracket is searched with growing steps, then made smaller by
    cubic interpolation (Nocedal and Wright 2006, algorithms 3.5 and 3.6; minFunc's
    ``WolfeLineSearch``). The point that is returned is always the last one that was asked for.

    Args:
        start: the point with step 0; its slope is negative.
        step: step that is tried first.
        evaluations: largest number of points. Then, or when the bracket is tiny, the best one is
            taken, which may be ``start`` itself.
    """
    previous, last, count = start, start, 0
    bracket: tuple[Point, Point] | None = None
    while bracket is None and count < evaluations:
        point = yield step
        last, count = point, count + 1
        if not math.isfinite(point.value) or not math.isfinite(point.slope):
            step = (previous.step + step) / 2
            continue
        enough = point.value <= start.value + _SUFFICIENT_DECREASE * point.step * start.slope
        if not enough or (count > 1 and point.value >= previous.value) or point.slope >= 0:
            if enough and abs(point.slope) <= -_REMAINING_SLOPE * start.slope:
                return point
            bracket = (previous, point)
        elif abs(point.slope) <= -_REMAINING_SLOPE * start.slope:
            return point
        else:
            least = step + 0.01 * (step - previous.step)
            step = _between(_cubic(previous, point), least, 10 * step)
            previous = point
    low, high = sorted(bracket or (start, previous), key=lambda each: each.value)
    while count < evaluations and abs(high.step - low.step) > _WIDTH:
        point = yield _inside(low, high)
        last, count = point, count + 1
        enough = point.value <= start.value + _SUFFICIENT_DECREASE * point.step * start.slope
        if not enough or point.value >= low.value:
            high = point
            continue
        if abs(point.slope) <= -_REMAINING_SLOPE * start.slope:
            return point
        if point.slope * (high.step - low.step) >= 0:
            high = low
        low = point
    return low if low.step == last.step else (yield low.step)


def _cubic(first: Point, second: Point) -> float:
    """Minimum of the cubic through two points with their slopes; not a number if there is none."""
    width = second.step - first.step
    if width == 0:
        return math.nan
    d1 = first.slope + second.slope - 3 * (second.value - first.value) / width
    square = d1 * d1 - first.slope * second.slope
    if not square >= 0:
        return math.nan
    d2 = math.copysign(math.sqrt(square), width)
    below = second.slope - first.slope + 2 * d2
    return second.step - width * (second.slope + d2 - d1) / below if below else math.nan


def _between(step: float, low: float, high: float) -> float:
    """The step inside its bounds, or their middle if there is none."""
    return min(max(step, low), high) if math.isfinite(step) else (low + high) / 2


def _inside(first: Point, second: Point) -> float:
    """The cubic's minimum, at least a tenth of the bracket away from both of its ends."""
    low, high = sorted((first.step, second.step))
    tenth = 0.1 * (high - low)
    return _between(_cubic(first, second), low + tenth, high - tenth)
