"""``clustrace tables``: all tables from what exists."""

from __future__ import annotations

import typer

from clustrace.cli.options import Config, experiment_of
from clustrace.cli.summary import print_summary
from clustrace.config.plan import Plan
from clustrace.report.results import write_everything

app = typer.Typer()


@app.command()
def tables(config: Config = None) -> None:
    """Build ledgers, tables, figures and the summary from whatever results exist.

    Nothing is computed; cells without a result say why.
    """
    plan = Plan(experiment_of(config))
    write_everything(plan)
    print_summary(plan.experiment.layout.summary(plan.experiment.protocol.slug))
