"""Printing tables and texts: in colours on a terminal, as plain text elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table

_WIDTH_OF_FILES = 120
_MINUTE = 60.0
_GAP = 2


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


def fitted(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Table:
    """A table whose last column is cut to what the others leave of the width."""
    *first, last = zip(names, *rows, strict=True)
    taken = sum(max(map(len, column)) + _GAP for column in first)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    for name in names:
        table.add_column(name, no_wrap=True)
    for row, text in zip(rows, last[1:], strict=True):
        table.add_row(*row[:-1], cut(text, max(width - taken, len(names[-1]))))
    return table


def cut(text: str, longest: int) -> str:
    """A text on one line, with an ellipsis where it is cut."""
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else f"{flat[: longest - 1].rstrip()}…"
