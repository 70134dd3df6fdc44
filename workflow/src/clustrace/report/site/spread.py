"""The spread over seeds: a point for each seed, and a mark for the published number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clustrace.provenance.explanation import Explanation

_MARGIN = 6.0
_WIDTH = 100.0


@dataclass(frozen=True)
class Spread:
    """Places on a line of length 100.

    Attributes:
        points: one for each seed.
        mean: their mean.
        published: the published number; None if there is none.
    """

    points: tuple[float, ...]
    mean: float
    published: float | None


def spread(explanation: Explanation | None) -> Spread | None:
    """Spread of a number over its seeds; None below two of them."""
    if explanation is None or explanation.row.value is None:
        return None
    row = explanation.row
    values = [value for run in explanation.runs for value in run.values.values()]
    if len(values) < 2:
        return None
    mean = explanation.row.value
    published = None if row.difference is None else mean - row.difference
    shown = [*values, mean, *([] if published is None else [published])]
    places = _places(shown)
    points = tuple(places[: len(values)])
    return Spread(points, places[len(values)], None if published is None else places[-1])


def _places(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    return [round(_MARGIN + (v - low) / span * (_WIDTH - 2 * _MARGIN), 1) for v in values]
