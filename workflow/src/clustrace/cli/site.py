"""``clustrace site``: the results as pages to look at."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from clustrace.cli.options import repository
from clustrace.config.experiment import Experiment, load_experiment
from clustrace.errors import StorageError
from clustrace.report.site.writing import write_site

app = typer.Typer()


@app.command()
def site(
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            "--protocol",
            "-p",
            help="Protocol whose results are shown; may be repeated. By default all that have any.",
        ),
    ] = None,
) -> None:
    """Build the results site from the ledgers that exist; nothing is computed.

    It opens from disk and from any web server, and needs no network.
    """
    faults = 0
    for name in protocol or _with_ledgers():
        written = write_site(_experiment(name))
        for fault in written.faults:
            typer.echo(f"Warning: {fault}", err=True)
        faults += len(written.faults)
        typer.echo(f"{written.index}: {written.pages} pages")
    if faults:
        sys.exit(1)


def _experiment(protocol: str) -> Experiment:
    return load_experiment(repository(), {"protocol": protocol})


def _with_ledgers() -> list[str]:
    """Protocols that have a ledger.

    Raises:
        StorageError: none has.
    """
    results = repository() / "results"
    names = sorted({path.parents[1].name for path in results.glob("*/ledger/*.csv")})
    if not names:
        raise StorageError(
            f"There is no ledger under {results}; run the workflow first, as in `make results`."
        )
    return names
