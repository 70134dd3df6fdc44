"""Learning curves: one panel for each stage and data set, as PNG or SVG with equal bytes.

matplotlib is imported where it is used, since it takes a second and most commands draw nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from clustrace.errors import ConfigError
from clustrace.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Quantity = Literal["loss", "share"]
Item = TypeVar("Item")

_AXES: dict[Quantity, str] = {"loss": "loss (log scale)", "share": "share of samples"}
_WIDTH, _ROW_HEIGHT, _MARGIN_HEIGHT = 12.0, 2.8, 1.3  # inches
_DPI = 100
_MAX_POINTS = 600
_STYLES = ("-", "--", ":", "-.")
# Okabe and Ito: distinguishable with every kind of colour vision, on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_RC: dict[Any, Any] = {
    "font.size": 9.0,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.2,
    "text.parse_math": False,
    # Names inside the file are derived from this instead of from chance.
    "svg.hashsalt": "clustrace",
}
# Both forms would otherwise carry the date or the program's version.
_METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
}


@dataclass(frozen=True)
class Curve:
    """History of one seed of a method on a data set."""

    label: str
    """Name of the method in the legend."""
    method: str
    """Slug of the method; equal methods share a colour."""
    stage: str
    """Stage of the training, as in the panel's title."""
    dataset: str
    """Name of the data set, as in the panel's title."""
    seed: int
    iterations: Sequence[float]
    series: Mapping[str, Sequence[float]]
    """Values at ``iterations``, by the name of the series; NaN where there is none."""
    quantity: Quantity = "loss"
    """Losses are drawn on a logarithmic axis, shares from 0 to 1 on a linear one."""


def write_curves(
    path: str | Path,
    curves: Sequence[Curve],
    *,
    title: str,
    stamp: str,
    notes: Sequence[str] = (),
) -> None:
    """Draw learning curves, atomically; the suffix (png, svg) decides on the form.

    Panels stand in rows of one stage and columns of one data set; a stage with shares has
    a row of its own for them. Of long histories at most 600 evenly spaced points are drawn.

    Args:
        path: File to write, 1200 pixels wide.
        curves: What to draw; without any, the figure holds the notes alone.
        title: Title of the figure.
        stamp: The protocol's stamp.
        notes: Why curves are missing, one sentence each.

    Raises:
        ConfigError: there is no such form.
        StorageError: the file could not be written.
    """
    import matplotlib as mpl

    form = Path(path).suffix.removeprefix(".")
    if form not in _METADATA:
        raise ConfigError(f"Figures have no form {form!r}; use one of {', '.join(_METADATA)}.")
    with mpl.rc_context():
        # A matplotlibrc of the user's must not change the figure.
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        figure = _figure(curves, title, [stamp, *notes])
        with atomic_path(path) as temporary:
            figure.savefig(temporary, format=form, dpi=_DPI, metadata=_METADATA[form])


def _figure(curves: Sequence[Curve], title: str, remarks: Sequence[str]) -> Figure:
    from matplotlib.figure import Figure

    rows = _distinct((curve.stage, curve.quantity) for curve in curves)
    columns = _distinct(curve.dataset for curve in curves)
    text = "\n".join(line for remark in remarks for line in textwrap.wrap(remark, 150))
    height = _MARGIN_HEIGHT + _ROW_HEIGHT * len(rows) + 0.17 * text.count("\n")
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    figure.suptitle(title, fontweight="bold")
    figure.supxlabel(text, fontsize=9.0, x=0.01, ha="left", color="#444444")
    if not curves:
        return figure
    colours = _colours(_distinct(curve.method for curve in curves))
    styles = _styles(_distinct(name for curve in curves for name in curve.series))
    panels = figure.subplots(len(rows), len(columns), squeeze=False)
    for (stage, quantity), line in zip(rows, panels, strict=True):
        for dataset, axes in zip(columns, line, strict=True):
            shown = [
                curve
                for curve in curves
                if (curve.stage, curve.quantity, curve.dataset) == (stage, quantity, dataset)
            ]
            _draw_panel(axes, shown, colours, styles)
            axes.set_title(f"{stage}, {dataset}")
        line[0].set_ylabel(_AXES[quantity])
    for axes in panels[-1]:
        axes.set_xlabel("iteration")
    _draw_legend(figure, curves, colours, styles)
    return figure


def _draw_panel(
    axes: Axes,
    curves: Sequence[Curve],
    colours: Mapping[str, Any],
    styles: Mapping[str, Any],
) -> None:
    if not curves:
        axes.text(0.5, 0.5, "no curves", ha="center", va="center", transform=axes.transAxes)
        axes.set(xticks=[], yticks=[])
        return
    logarithmic = curves[0].quantity == "loss"
    for curve in curves:
        for name, values in curve.series.items():
            x, y = _points(curve.iterations, values, positive=logarithmic)
            # A single point makes no line.
            marker = "o" if len(x) == 1 else ""
            axes.plot(
                x,
                y,
                styles[name],
                color=colours[curve.method],
                marker=marker,
                markersize=3,
                alpha=0.8,
            )
    if logarithmic:
        _log_axis(axes)
    else:
        axes.set_ylim(0, 1)
    axes.set_xlim(left=0)


def _log_axis(axes: Axes) -> None:
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    # Within a decade or so, powers of ten would leave the axis without numbers.
    axes.yaxis.set_major_locator(MaxNLocator(5) if high < 20 * low else LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")


def _draw_legend(
    figure: Figure,
    curves: Sequence[Curve],
    colours: Mapping[str, Any],
    styles: Mapping[str, Any],
) -> None:
    from matplotlib.lines import Line2D

    labels = {curve.method: curve.label for curve in curves}
    handles = [
        Line2D([], [], color=colours[method], linewidth=2.5, label=label)
        for method, label in labels.items()
    ]
    if len(styles) > 1:
        handles += [
            Line2D([], [], color="#444444", linestyle=style, label=name)
            for name, style in styles.items()
        ]
    figure.legend(handles=handles, loc="outside right upper", frameon=False)


def _points(
    iterations: Sequence[float], values: Sequence[float], *, positive: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, y = np.asarray(iterations, dtype=np.float64), np.asarray(values, dtype=np.float64)
    drawable = np.isfinite(y) & (y > 0 if positive else True)
    x, y = x[drawable], y[drawable]
    if len(x) > _MAX_POINTS:
        kept = np.linspace(0, len(x) - 1, _MAX_POINTS).round().astype(int)
        x, y = x[kept], y[kept]
    return x, y


def _colours(methods: Sequence[str]) -> dict[str, Any]:
    import matplotlib as mpl

    if len(methods) <= len(_COLOURS):
        return dict(zip(methods, _COLOURS, strict=False))
    return dict(zip(methods, mpl.colormaps["turbo"](np.linspace(0, 1, len(methods))), strict=True))


def _styles(names: Sequence[str]) -> dict[str, Any]:
    return {name: _STYLES[index % len(_STYLES)] for index, name in enumerate(names)}


def _distinct(items: Iterable[Item]) -> list[Item]:
    """Items without repetition, in the order of first occurrence."""
    return list(dict.fromkeys(items))
