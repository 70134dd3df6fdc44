"""Printing tables and texts: in colours on a terminal, as plain text elsewhere."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.padding import Padding

_WIDTH_OF_FILES = 120
_MINUTE = 60.0


def screen_width() -> int:
    """Columns of the terminal; 120 where the output goes elsewhere."""
    return _console().width


def show(content: RenderableType) -> None:
    """Print on the standard output; what goes elsewhere than to a terminal has no blank ends."""
    console = _console()
    if console.is_terminal:
        console.print(content)
        return
    with console.capture() as captured:
        console.print(content)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH_OF_FILES
    return console


def indented(content: RenderableType) -> Padding:
    """Content below a heading."""
    return Padding(content, (0, 0, 0, 2))


def duration(seconds: float) -> str:
    """A duration in the unit that suits it."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < 60 * _MINUTE:
        return f"{seconds / _MINUTE:.1f} min"
    return f"{seconds / 3600:.1f} h"
