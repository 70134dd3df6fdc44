"""Options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from clustrace.errors import ConfigError

if TYPE_CHECKING:
    from clustrace.config.experiment import Experiment

Config = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        "-C",
        metavar="KEY=VALUE",
        help="Setting of config/config.yaml for this call, as in protocol=paper; may be repeated.",
    ),
]

Remote = Annotated[
    str | None,
    typer.Option(
        envvar="CLUSTRACE_REMOTE",
        metavar="NAME|FOLDER|URL",
        help="Where the bytes are kept: a remote of `dvc remote list`, a folder, ssh://… or "
        "s3://…; by default DVC's default remote.",
    ),
]


def experiment_of(config: list[str] | None) -> Experiment:
    """The experiment of the repository that holds the current folder.

    Raises:
        ConfigError: there is no repository, or the configuration is not usable.
    """
    # Takes long to import, and not every command needs it.
    from clustrace.config.experiment import load_experiment

    return load_experiment(repository(), parse_config(config))


def parse_config(config: list[str] | None) -> dict[str, Any]:
    """``KEY=VALUE`` pairs as a dictionary; values are YAML, as Snakemake reads them.

    Raises:
        ConfigError: a pair has no ``=``.
    """
    given: dict[str, Any] = {}
    for pair in config or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--config {pair}: write key=value, as in --config protocol=paper.")
        given[key] = yaml.safe_load(value)
    return given


def repository() -> Path:
    """Root of the repository, relative to the current folder where that is the root.

    Raises:
        ConfigError: the current folder lies in no clustrace repository.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "Snakefile").is_file() and (folder / "config" / "config.yaml").is_file():
            return Path() if folder == here else folder
    raise ConfigError(
        "This folder lies in no clustrace repository; change to the folder that holds the "
        "Snakefile and call again."
    )


def results_root() -> Path:
    """Folder that holds ``results/``: the clustrace repository, or else any with ledgers in it.

    Raises:
        ConfigError: the current folder lies in no such folder.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if any((folder / "results").glob("*/ledger/*.csv")):
            return Path() if folder == here else folder
    return repository()


def default_protocol(root: Path) -> str | None:
    """Protocol that config.yaml names; None in a folder without configuration.

    Raises:
        ConfigError: config.yaml is not usable.
    """
    path = root / "config" / "config.yaml"
    if not path.is_file():
        return None
    from clustrace.config.reading import read_settings

    return read_settings(path, {})[0].protocol
