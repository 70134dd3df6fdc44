"""``clustrace bench``: time and memory against the goals and the peers."""

from __future__ import annotations

from typing import Annotated

import typer

from clustrace.bench.registry import SECTIONS
from clustrace.bench.running import BenchFiles, chosen, run_sections
from clustrace.bench.setting import Setting
from clustrace.cli.options import experiment_of

app = typer.Typer()

_HELP = f"""Measure time and memory; write results/bench.json and results/bench.md.

Sections: {", ".join(SECTIONS)}. A section that is measured alone leaves the others as they are.
Exits with 1 if one could not be measured.
"""


@app.command(help=_HELP)
def bench(
    sections: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SECTION]...", help="Sections to measure; none: all of them."),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="Measure as little as shows that it works, into bench-quick.*."
        ),
    ] = False,
) -> None:
    """Measure the chosen sections, each told as an error if it could not be."""
    slugs = chosen(sections or [])
    experiment = experiment_of(None)
    layout = experiment.layout
    files = BenchFiles(layout.bench("json", quick=quick), layout.bench("md", quick=quick))
    setting = Setting(experiment, quick=quick)
    errors = run_sections(slugs, setting, files, report=typer.echo)
    for error in errors:
        typer.secho(f"Error: {error}", fg="red", err=True)
    if len(errors) < len(slugs):
        typer.echo(f"{files.json} and {files.markdown} written")
    if errors:
        raise typer.Exit(1)
