"""``clustrace crate``: the results of a protocol as an RO-Crate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from clustrace.cli.options import default_protocol, results_root
from clustrace.errors import ConfigError
from clustrace.provenance.crate import Crate, describe
from clustrace.provenance.crate_writing import write_copy, write_inside
from clustrace.provenance.hash_cache import CACHE, HashCache
from clustrace.provenance.numbers import Ledgers

app = typer.Typer()

#: Files above this size in bytes are copied only with --with-files.
LARGE = 1_000_000
_SHOWN = 3


@app.command()
def crate(
    protocol: Annotated[
        str | None,
        typer.Option(
            help="Protocol; else paper, paper-cpu, or what config.yaml says, if it has results."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER_OR_ZIP",
            help="Write a copy to a new folder or ZIP file; else the folder of the results itself "
            "becomes the crate.",
        ),
    ] = None,
    with_files: Annotated[
        bool,
        typer.Option("--with-files", help="Copy files above 1 MB too, such as weights."),
    ] = False,
) -> None:
    """Describe jobs, files and numbers as a Provenance Run Crate (RO-Crate 1.1).

    Without --output, results/<protocol>/ becomes the crate: ro-crate-metadata.json is written into
    it, and a copy of the workflow to source/. Files outside that folder, such as data sets, are
    described by their hashes.
    """
    if with_files and output is None:
        raise ConfigError("--with-files copies files, so name the place with --output.")
    root = results_root()
    folder = Ledgers.below(root, protocol, default_protocol(root)).folders[0]
    limit = None if output is None or with_files else LARGE
    hashes = HashCache(root / CACHE)
    made = describe(folder, root, hashes, limit)
    hashes.save()
    if output is None:
        typer.echo(f"{write_inside(made, folder)}: {_summary(made)}")
    else:
        write_copy(made, output)
        typer.echo(f"{output}: {_summary(made)}")
    if made.changed:
        typer.echo(f"Described by their hash, as they changed since: {_some(made.changed)}")
    if made.too_large:
        typer.echo(f"Described by their hash, as they are large: {_some(made.too_large)}")


def _summary(made: Crate) -> str:
    return f"{made.jobs} jobs, {made.numbers} numbers and arrays, {len(made.files)} files"


def _some(paths: Sequence[str]) -> str:
    rest = len(paths) - _SHOWN
    return ", ".join(paths[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
