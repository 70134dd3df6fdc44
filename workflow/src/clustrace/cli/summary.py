"""``clustrace summary``: the summary of the last run on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import typer
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, TableElement
from rich.table import Table

from clustrace.cli.options import Config, experiment_of
from clustrace.errors import StorageError

app = typer.Typer()

_WIDTH_OF_FILES = 120


@app.command()
def summary(config: Config = None) -> None:
    """Print the summary of the last run under a protocol."""
    experiment = experiment_of(config)
    print_summary(experiment.layout.summary(experiment.protocol.slug))


class _FoldedTable(TableElement):
    """A table that breaks long words, such as paths, where rich would cut them off."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in super().__rich_console__(console, options):
            if isinstance(part, Table):
                for column in part.columns:
                    column.overflow = "fold"
            yield part


class _Summary(Markdown):
    elements: ClassVar = {**Markdown.elements, "table_open": _FoldedTable}


def print_summary(path: Path) -> None:
    """Print the summary of the last run.

    Raises:
        StorageError: there is none yet.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"There is no {path} yet; run `make results` or `clustrace tables`."
        ) from error
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH_OF_FILES
    console.print(_Summary(text))
