"""``clustrace audit``: check that results are what they claim to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from clustrace.audit.formats import Format, listed, rendered
from clustrace.audit.model import Level
from clustrace.audit.registry import CHECKS
from clustrace.audit.replaying import ReplaySettings
from clustrace.audit.run import audit
from clustrace.audit.saved import save_confirmations
from clustrace.cli.options import results_root

app = typer.Typer()

_COLOURS = {"ok": "green", "FAILED": "red", "warning": "yellow", "note": "blue"}


@app.command("audit")
def command(
    level: Annotated[
        Level,
        typer.Option(
            help="How deep: hashes compares files and records; predictions computes every number "
            "anew; weights makes the label vectors anew; retrain trains anew."
        ),
    ] = Level.PREDICTIONS,
    protocol: Annotated[
        list[str] | None, typer.Option(help="Protocol to audit; may be repeated. All by default.")
    ] = None,
    paper: Annotated[
        list[str] | None, typer.Option(help="Paper to audit; may be repeated. All by default.")
    ] = None,
    cell: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="Number to audit with all it rests on, as in dcec.table1.dcec.usps.acc; may be "
            "repeated. All by default.",
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Audit only N cells, drawn at random."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
    form: Annotated[Format, typer.Option("--format", help="Form of the report.")] = Format.COLUMNS,
    checks: Annotated[
        bool, typer.Option("--checks", help="List the checks, and audit nothing.")
    ] = False,
    other_code: Annotated[
        bool,
        typer.Option(
            "--allow-other-code", help="Replay with code other than the recorded, and compare."
        ),
    ] = False,
    commands: Annotated[
        bool,
        typer.Option(
            "--run-commands",
            help="Run whatever command a record names for its replay, not clustrace's own alone.",
        ),
    ] = False,
    save: Annotated[
        bool,
        typer.Option(
            "--save", help="Keep what is confirmed in results/<protocol>/evidence/, for the tables."
        ),
    ] = False,
) -> None:
    """Check that results are what they claim to be.

    Trusted are config/ and the code of this checkout; everything below results/ and data/ is
    doubted. Exits with 1 if a required check does not hold.
    """
    if checks:
        typer.echo(listed(CHECKS, form), nl=False)
        return
    root, now = results_root(), datetime.now(UTC)
    with _progress() as progress:
        report = audit(
            root,
            level=level,
            protocols=protocol,
            papers=paper,
            cells=cell,
            sample=sample,
            seed=seed,
            now=now,
            replays=ReplaySettings(other_code, commands, progress),
        )
    _print(rendered(report, form))
    if save:
        for path in save_confirmations(root, report, now):
            typer.echo(f"{path} written", err=True)
    if not report.ok:
        raise typer.Exit(1)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Tells on the standard error what is replayed: on a terminal in one line, with the time."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda line: typer.echo(line, err=True)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("auditing", total=None)
        yield lambda line: bar.update(task, description=line)


def _print(text: str) -> None:
    """Print a report, on a terminal with its marks in colour."""
    for line in text.splitlines():
        mark, _, _ = line.strip().partition(" ")
        colour = _COLOURS.get(mark) if line.startswith("  ") else None
        typer.echo(line.replace(mark, typer.style(mark, fg=colour), 1) if colour else line)
