"""The command line: ``clustrace --help``."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from clustrace.cli import config as config_commands
from clustrace.cli import data
from clustrace.cli.options import Config, experiment_of
from clustrace.cli.run import RunCommand, run
from clustrace.cli.summary import print_summary
from clustrace.config.plan import Plan
from clustrace.errors import ClustraceError

app = typer.Typer(
    help="Regenerate and audit the results of papers on deep clustering and sparse autoencoders.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(cls=RunCommand)(run)
app.add_typer(data.app, name="data")
app.add_typer(config_commands.app, name="config")


@app.command()
def tables(config: Config = None) -> None:
    """Build ledgers, tables, figures and the summary from whatever results exist.

    Nothing is computed; cells without a result say why.
    """
    # Slow to import (plots, statistics), and no other command needs it.
    from clustrace.report.results import write_everything

    plan = Plan(experiment_of(config))
    write_everything(plan)
    print_summary(plan.experiment.layout.summary)


@app.command()
def summary(config: Config = None) -> None:
    """Print results/summary.md."""
    print_summary(experiment_of(config).layout.summary)


def main() -> None:
    """Run the command line; an error of the project becomes one sentence and exit status 1."""
    try:
        app()
    except ClustraceError as error:
        Console(stderr=True).print(f"Error: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
