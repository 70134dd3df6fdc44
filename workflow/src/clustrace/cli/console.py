"""Printing tables and texts: in colours on a terminal, as plain text elsewhere."""

from __future__ import annotations

from rich.console import Console, RenderableType

_WIDTH_OF_FILES = 120


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
