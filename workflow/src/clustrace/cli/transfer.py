"""Showing how far a transfer is, and ending it by Ctrl-C without a traceback."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from clustrace.provenance.families import Family

#: Exit status of a command that Ctrl-C ended.
_INTERRUPTED = 130


def in_turn(doing: str, families: Iterable[Family]) -> Iterator[Family]:
    """Go through families, with a bar that grows by their bytes; one line each in a file.

    Args:
        doing: what is done to them: ``Sending``.
        families: in this order.
    """
    families = tuple(families)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    silent = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=silent) as progress:
        bar = progress.add_task(doing, total=sum(_size(family) for family in families))
        for number, family in enumerate(families, start=1):
            progress.update(bar, description=f"{doing} {family.path}")
            yield family
            progress.advance(bar, _size(family))
            if silent:
                line = f"{doing} {family.path}: done, {number} of {len(families)}"
                console.print(line, markup=False, highlight=False, soft_wrap=True)


def _size(family: Family) -> int:
    return sum(file.bytes for file in family.files)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """End by Ctrl-C with a sentence.

    Raises:
        Exit: with 130, after Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Stopped; what was done is kept, and the same command goes on from there.")
        raise typer.Exit(_INTERRUPTED) from None


def say_all(head: str, lines: Iterable[str]) -> None:
    """Print a sentence and what it is about, one a line; nothing if that is empty."""
    if listed := [f"  {line}" for line in lines]:
        typer.echo("\n".join([f"\n{head}", *listed]))


def megabytes(size: int) -> str:
    """A number of bytes, for tables."""
    return f"{size / 1e6:,.1f}"
