"""``clustrace accidents``: which jobs of a run on a cluster failed, why, and what was done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clustrace.cli.options import repository
from clustrace.errors import StorageError
from clustrace.slurm.accidents import accidents_of, sentences

app = typer.Typer()


@app.command()
def accidents(
    log: Annotated[
        Path | None,
        typer.Argument(help="Log of Snakemake; by default that of the last run in this folder."),
    ] = None,
) -> None:
    """Tell which jobs of a run on a cluster failed, why, and what was done about it."""
    for line in sentences(accidents_of(log or _last_log())):
        print(line)


def _last_log() -> Path:
    logs = sorted((repository() / ".snakemake" / "log").glob("*.snakemake.log"))
    if not logs:
        raise StorageError("Snakemake has not run in this folder yet, so there is no log to read.")
    return logs[-1]
