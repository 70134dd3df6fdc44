"""``clustrace config``: validate config/, and write what is generated from it."""

from __future__ import annotations

from typing import Annotated

import typer

from clustrace.cli.options import Config, experiment_of, repository
from clustrace.config.docs import COMMAND, drifted_docs, write_docs
from clustrace.config.plan import Plan
from clustrace.config.reading import read_files
from clustrace.errors import ConfigError

app = typer.Typer(
    help="Validate the configuration, and write its JSON schemas and README.",
    no_args_is_help=True,
)


@app.command()
def check(config: Config = None) -> None:
    """Validate all of config/: keys, values, names, and what they refer to in the code."""
    # Imports torch, and no other command needs it.
    from clustrace.cli.declared import check_code

    experiment = experiment_of(config)
    runs = Plan(experiment).runs
    files = read_files(experiment.root / "config")
    check_code(files)
    typer.echo(
        f"config/ is ok: {len(files.papers)} papers, {len(files.methods)} methods, "
        f"{len(files.registry.model.datasets)} data sets, {len(files.protocols)} protocols; "
        f"protocol {experiment.protocol.slug} with {len(runs)} runs is chosen."
    )


@app.command()
def docs(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if a file is not up to date.")
    ] = False,
) -> None:
    """Write config/README.md and config/schemas/ from the models and the YAML files."""
    folder = repository() / "config"
    if not check:
        written = write_docs(folder)
        typer.echo("\n".join(f"{path} written" for path in written) or "Everything is up to date.")
        return
    drifted = drifted_docs(folder)
    if drifted:
        paths = ", ".join(str(path) for path in drifted)
        raise ConfigError(f"Not up to date: {paths}; run `{COMMAND}`.")
    typer.echo("Everything is up to date.")
