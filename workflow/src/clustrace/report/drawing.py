"""What all figures share: size, colours, and files with equal bytes for equal content.

matplotlib is imported where it is used, since it takes a second and most commands draw nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clustrace.errors import ConfigError
from clustrace.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH, _MARGIN_HEIGHT, _LINE_HEIGHT = 12.0, 1.3, 0.17  # inches
_DPI = 100
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


def write_figure(path: str | Path, draw: Callable[[], Figure]) -> None:
    """Draw and write a figure, atomically; the suffix (png, svg) decides on the form.

    Args:
        path: File to write.
        draw: Makes the figure; matplotlib's settings are ours while it runs.

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
        figure = draw()
        with atomic_path(path) as temporary:
            figure.savefig(temporary, format=form, dpi=_DPI, metadata=_METADATA[form])


def empty_figure(title: str, remarks: Sequence[str], *, height: float) -> Figure:
    """A figure 1200 pixels wide with a title, remarks below, and room for panels.

    Args:
        title: Title of the figure.
        remarks: Sentences to stand below the panels.
        height: Height of all panels, in inches.
    """
    from matplotlib.figure import Figure

    text = "\n".join(line for remark in remarks for line in textwrap.wrap(remark, 150))
    full = _MARGIN_HEIGHT + height + _LINE_HEIGHT * text.count("\n")
    figure = Figure(figsize=(_WIDTH, full), layout="constrained")
    figure.suptitle(title, fontweight="bold")
    figure.supxlabel(text, fontsize=9.0, x=0.01, ha="left", color="#444444")
    return figure


def distinct_colours(count: int) -> list[Any]:
    """Colours of as many things."""
    import matplotlib as mpl

    if count <= len(_COLOURS):
        return list(_COLOURS[:count])
    return list(mpl.colormaps["turbo"](np.linspace(0, 1, count)))
