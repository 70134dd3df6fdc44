"""Score curves: scores of label vectors over a fine-tuning, one panel a method, as PNG or SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clustrace.report.drawing import distinct_colours, empty_figure, write_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PANEL_HEIGHT = 4.0  # inches
_PANELS_IN_A_ROW = 3
_STYLES = ("-", "--", ":")


@dataclass(frozen=True)
class ScoreCurve:
    """One score of a method over its iterations, first seed."""

    method: str
    """Name of the method, as in the panel's title."""
    metric: str
    """Name of the score in the legend."""
    iterations: NDArray[np.float64]
    """Gradient steps, ``[n]``; 0 are the clusters that the fine-tuning starts from."""
    values: NDArray[np.float64]
    """Scores as fractions, ``[n]``."""


def write_score_curves(
    path: str | Path, curves: Sequence[ScoreCurve], *, title: str, remarks: Sequence[str]
) -> None:
    """Draw one panel for each method, atomically; the suffix (png, svg) decides on the form.

    Args:
        path: File to write, 1200 pixels wide.
        curves: What to draw; without any, the figure holds the remarks alone.
        title: Title of the figure.
        remarks: Caption, the protocol's stamp, and why curves are missing.

    Raises:
        ConfigError: there is no such form.
        StorageError: the file could not be written.
    """
    write_figure(path, lambda: _figure(curves, title, remarks))


def _figure(curves: Sequence[ScoreCurve], title: str, remarks: Sequence[str]) -> Figure:
    methods = list(dict.fromkeys(curve.method for curve in curves))
    lines = -(-len(methods) // _PANELS_IN_A_ROW)
    figure = empty_figure(title, remarks, height=_PANEL_HEIGHT * lines)
    if not methods:
        return figure
    styles = _styles(curves)
    columns = min(len(methods), _PANELS_IN_A_ROW)
    grid = figure.subplots(lines, columns, squeeze=False, sharey=True)
    places = list(grid.flat)
    for axes, method in zip(places, methods, strict=False):
        for curve in curves:
            if curve.method == method:
                axes.plot(
                    curve.iterations,
                    curve.values,
                    label=curve.metric,
                    marker="o" if len(curve.values) < 60 else "",
                    markersize=3,
                    **styles[curve.metric],
                )
        axes.set_title(method)
        axes.set(xlabel="gradient steps", xmargin=0.02)
        axes.legend()
    for line in grid:
        line[0].set_ylabel("score")
    for axes in places[len(methods) :]:
        axes.set_axis_off()
    return figure


def _styles(curves: Sequence[ScoreCurve]) -> dict[str, dict[str, Any]]:
    metrics = list(dict.fromkeys(curve.metric for curve in curves))
    colours = distinct_colours(len(metrics))
    return {
        metric: {"color": colours[index], "linestyle": _STYLES[index % len(_STYLES)]}
        for index, metric in enumerate(metrics)
    }
