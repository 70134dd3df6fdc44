"""Embedding maps: samples in two dimensions, one panel a method, as PNG or SVG."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clustrace.report.drawing import distinct_colours, empty_figure, write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_WIDTH = 4.0  # inches; three square panels fill a row
#: Panels in a row, where three would leave a row nearly empty.
_IN_A_ROW = {4: 2, 7: 4, 8: 4}


@dataclass(frozen=True)
class Panel:
    """Samples of one method or of the data themselves, or the reason why there are none."""

    name: str
    """Name of the method, as in the panel's title."""
    points: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    """Places of the samples, ``[n, 2]``."""
    clusters: NDArray[np.integer[Any]] = field(default_factory=lambda: np.empty(0, np.int32))
    """Cluster or class of each sample, from 0; equal ones share a colour in all panels."""
    reason: str = ""


def write_embedding_map(
    path: str | Path,
    panels: Sequence[Panel],
    *,
    title: str,
    remarks: Sequence[str],
    equal_axes: bool = True,
) -> None:
    """Draw the panels side by side, atomically; the suffix (png, svg) decides on the form.

    Args:
        path: File to write, 1200 pixels wide.
        panels: One for each method, three in a row or as many as fill it.
        title: Title of the figure.
        remarks: Caption and the protocol's stamp.
        equal_axes: Whether both axes have one scale; else each fills its panel.

    Raises:
        ConfigError: there is no such form.
        StorageError: the file could not be written.
    """
    write_figure(path, lambda: _figure(panels, title, remarks, equal_axes))


def _figure(
    panels: Sequence[Panel], title: str, remarks: Sequence[str], equal_axes: bool
) -> Figure:
    in_a_row = _IN_A_ROW.get(len(panels), 3)
    lines = -(-len(panels) // in_a_row)
    figure = empty_figure(title, remarks, height=_PANEL_WIDTH * lines * min(1, 3 / in_a_row))
    count = 1 + max((int(panel.clusters.max(initial=-1)) for panel in panels), default=0)
    colours = np.array(distinct_colours(max(count, 1)), dtype=object)
    grid = figure.subplots(lines, min(len(panels), in_a_row), squeeze=False)
    places = list(grid.flat)
    for axes, panel in zip(places, panels, strict=False):
        axes.set_title(panel.name)
        _draw(axes, panel, colours, equal_axes)
    for axes in places[len(panels) :]:
        axes.set_axis_off()
    return figure


def _draw(axes: Axes, panel: Panel, colours: NDArray[Any], equal_axes: bool) -> None:
    # The axes of an embedding have no meaning, hence no numbers.
    axes.set(xticks=[], yticks=[])
    if panel.reason:
        text = "\n".join(textwrap.wrap(panel.reason, 45))
        axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)
        return
    axes.scatter(
        panel.points[:, 0],
        panel.points[:, 1],
        s=7,
        c=list(colours[panel.clusters]),
        linewidths=0,
        # Else an SVG names the clip path of each point, which is a third of the file.
        clip_on=False,
    )
    if equal_axes:
        axes.set_aspect("equal", adjustable="datalim")
