"""``clustrace run``: the command line of a run."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperCommand

from clustrace.cli.options import Config, experiment_of, repository
from clustrace.cli.workflow_run import RunOptions, run_workflow
from clustrace.config.plan import Plan

app = typer.Typer()

_EXTRA = "clustrace.extra"


class RunCommand(TyperCommand):
    """A command that keeps what stands after ``--`` apart from its own arguments."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments before ``--``, keep those after it for Snakemake."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[_EXTRA] = args[end + 1 :]
        return super().parse_args(ctx, args[:end])


@app.command(cls=RunCommand)
def run(
    context: typer.Context,
    pairs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="Further settings, as after --config."),
    ] = None,
    config: Config = None,
    cores: Annotated[
        str | None,
        typer.Option(metavar="N|all", help="Processor cores to use; all by default."),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Snakemake profile, such as slurm for a cluster.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Only tell what would be computed.")
    ] = False,
) -> None:
    """Compute what is missing of all tables and figures, and show how far it is.

    Arguments after -- go to Snakemake. Ctrl-C stops the run; the same command goes on from there.
    Exits with 1 if a job failed; the tables are then built from what exists.
    """
    given = [*(config or ()), *(pairs or ())]
    plan = Plan(experiment_of(given))
    _ = plan.runs  # Refuses settings that leave nothing to run, before Snakemake starts.
    if profile and not dry_run:
        _refuse_unusable_cluster(profile)
    options = RunOptions(tuple(given), cores, profile, dry_run, tuple(context.meta[_EXTRA]))
    raise typer.Exit(run_workflow(plan, options, Console()))


def _refuse_unusable_cluster(name: str) -> None:
    """Look at the cluster first: Snakemake would fail after a minute, or wait for ever."""
    from clustrace.preflight.cluster import refuse_unusable
    from clustrace.preflight.profile import Profile

    if profile := Profile.find(name, repository()):
        refuse_unusable(profile)
