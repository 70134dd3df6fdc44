"""Class sizes: samples of each true class, one panel a data set, as PNG or SVG."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clustrace.report.drawing import distinct_colours, empty_figure, write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_HEIGHT = 3.2  # inches
_PANELS_IN_A_ROW = 3


@dataclass(frozen=True)
class Sizes:
    """Class sizes of one data set, or the reason why there are none."""

    name: str
    """Name of the data set, as in the panel's title."""
    sizes: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    """Samples of each class, largest first, ``[K]``."""
    reason: str = ""


def write_class_sizes(
    path: str | Path, panels: Sequence[Sizes], *, title: str, remarks: Sequence[str]
) -> None:
    """Draw the panels side by side, atomically; the suffix (png, svg) decides on the form.

    Args:
        path: File to write, 1200 pixels wide.
        panels: One for each data set, three in a row.
        title: Title of the figure.
        remarks: Caption and the protocol's stamp.

    Raises:
        ConfigError: there is no such form.
        StorageError: the file could not be written.
    """
    write_figure(path, lambda: _figure(panels, title, remarks))


def _figure(panels: Sequence[Sizes], title: str, remarks: Sequence[str]) -> Figure:
    lines = -(-len(panels) // _PANELS_IN_A_ROW)
    figure = empty_figure(title, remarks, height=_PANEL_HEIGHT * lines)
    grid = figure.subplots(lines, min(len(panels), _PANELS_IN_A_ROW), squeeze=False)
    places = list(grid.flat)
    for axes, panel in zip(places, panels, strict=False):
        _draw(axes, panel)
    for axes in places[len(panels) :]:
        axes.set_axis_off()
    return figure


def _draw(axes: Axes, panel: Sizes) -> None:
    from matplotlib.ticker import MaxNLocator

    if panel.reason:
        axes.set_title(panel.name)
        axes.set(xticks=[], yticks=[])
        text = "\n".join(textwrap.wrap(panel.reason, 45))
        axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)
        return
    axes.set_title(f"{panel.name}: {panel.sizes.sum():,} samples")
    axes.bar(np.arange(1, len(panel.sizes) + 1), panel.sizes, color=distinct_colours(1)[0])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(visible=False, axis="x")
    axes.set_axisbelow(True)
    axes.set(xlabel="classes by size", ylabel="samples")
