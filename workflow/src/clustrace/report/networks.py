"""Filters as grids of small images, and activities as histograms, as PNG or SVG."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clustrace.report.drawing import distinct_colours, empty_figure, write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_WIDTH = 4.0  # inches
_HEIGHT = 5.0
#: Panels in a row, but for four of them, which make two rows of two.
_IN_A_ROW = 3
_COLOURS = 3


@dataclass(frozen=True)
class Shown:
    """What is drawn of a network, or the reason why there is nothing."""

    name: str
    """Name of the method."""
    arrays: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    """``filters`` ``[m, height, width]`` or with channels last, and their ``coherence`` ``[1]``;
    or ``edges`` ``[n + 1]`` and ``counts`` ``[n]``."""
    reason: str = ""


def write_filters(
    path: str | Path, networks: Sequence[Shown], *, title: str, remarks: Sequence[str]
) -> None:
    """Draw the filters of each network as a grid, atomically; the suffix decides on the form.

    Each filter has a scale of its own: grey is 0, and white or black its largest absolute value;
    a coloured one goes from its smallest to its largest value. Below stands the mutual coherence
    of all filters of the layer, the largest absolute cosine between two of them.

    Args:
        path: File to write, 1200 pixels wide.
        networks: One panel each, three in a row.
        title: Title of the figure.
        remarks: Caption and the protocol's stamp.

    Raises:
        ConfigError: there is no such form.
        StorageError: the file could not be written.
    """
    write_figure(path, lambda: _grids(networks, title, remarks))


def write_activations(
    path: str | Path, networks: Sequence[Shown], *, title: str, remarks: Sequence[str]
) -> None:
    """Draw the histograms over each other, on a logarithmic scale, atomically.

    Args:
        path: File to write, 1200 pixels wide; the suffix (png, svg) decides on the form.
        networks: One line each.
        title: Title of the figure.
        remarks: Caption and the protocol's stamp.

    Raises:
        ConfigError: there is no such form.
        StorageError: the file could not be written.
    """
    write_figure(path, lambda: _histograms(networks, title, remarks))


def _grids(networks: Sequence[Shown], title: str, remarks: Sequence[str]) -> Figure:
    across = 2 if len(networks) == _IN_A_ROW + 1 else min(len(networks), _IN_A_ROW)
    lines = -(-len(networks) // across)
    figure = empty_figure(title, remarks, height=_PANEL_WIDTH * lines)
    places = list(figure.subplots(lines, across, squeeze=False).flat)
    for axes, network in zip(places, networks, strict=False):
        axes.set_title(network.name)
        axes.set(xticks=[], yticks=[])
        if network.reason:
            _explain(axes, network.reason)
        else:
            axes.set_xlabel(f"mutual coherence of all: {network.arrays['coherence'].item():.2f}")
            # Nearest, as each pixel is a weight.
            axes.imshow(
                tiled(network.arrays["filters"]),
                cmap="gray",
                vmin=0,
                vmax=1,
                interpolation="nearest",
            )
    for axes in places[len(networks) :]:
        axes.set_axis_off()
    return figure


def tiled(filters: NDArray[np.generic]) -> NDArray[np.float64]:
    """Filters side by side in a grid about as high as wide, with a pixel between them, in [0, 1].

    Args:
        filters: ``[m, height, width]`` in grey, ``[m, height, width, 3]`` in colours; of other
            channels the first is drawn.
    """
    images = np.asarray(filters, dtype=np.float64)
    if images.ndim == 4 and images.shape[-1] != _COLOURS:
        images = images[..., 0]
    count, height, width, *channels = images.shape
    across = math.ceil(math.sqrt(count))
    down = -(-count // across)
    canvas = np.ones((down * (height + 1) - 1, across * (width + 1) - 1, *channels))
    for number, image in enumerate(images):
        row, column = divmod(number, across)
        top, left = row * (height + 1), column * (width + 1)
        canvas[top : top + height, left : left + width] = _scaled(image)
    return canvas


def _scaled(image: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = np.abs(image).max()
    if image.ndim == 2:
        return 0.5 + 0.5 * image / largest if largest else np.full_like(image, 0.5)
    low, span = image.min(), np.ptp(image)
    return (image - low) / span if span else np.full_like(image, 0.5)


def _histograms(networks: Sequence[Shown], title: str, remarks: Sequence[str]) -> Figure:
    figure = empty_figure(title, remarks, height=_HEIGHT)
    axes = figure.subplots()
    colours = distinct_colours(len(networks))
    for network, colour in zip(networks, colours, strict=True):
        if not network.reason:
            counts = np.asarray(network.arrays["counts"], dtype=np.float64)
            axes.stairs(counts, network.arrays["edges"], label=network.name, color=colour)
    axes.set_yscale("log")
    # Pictures show formulas as they are written, and so the usual powers of ten.
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("activity of a hidden unit")
    axes.set_ylabel("values in a bin (log scale)")
    if any(not network.reason for network in networks):
        axes.legend(fontsize="small")
    return figure


def _explain(axes: Axes, reason: str) -> None:
    text = "\n".join(textwrap.wrap(reason, 45))
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)
