"""``clustrace data``: list, fetch and verify the data sets of config/datasets.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from clustrace.config.experiment import Experiment, load_experiment
from clustrace.config.layout import Layout
from clustrace.config.yamlfile import unknown
from clustrace.data.fetch import fetch_raw, mirror_folder
from clustrace.data.verify import RawStatus, recorded_state, verify_raw
from clustrace.errors import DataError

app = typer.Typer(
    help="List, fetch and verify data sets. SLUGS are names of data sets or of raw data.",
    no_args_is_help=True,
)

_COLOURS = {RawStatus.VERIFIED: "green", RawStatus.UNVERIFIED: "yellow", RawStatus.MISSING: "dim"}

Slugs = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SLUGS]...", help="Data sets; none: all that config.yaml selects."),
]
Root = Annotated[Path, typer.Option(help="Folder of the repository.", file_okay=False)]


@app.command("list")
def list_datasets(root: Root = Path()) -> None:
    """Show the registered data sets."""
    registry = load_experiment(root).registry
    names = (_fixed(name) for name in ("data set", "samples", "features", "clusters", "raw data"))
    table = Table(*names, "licence")
    for slug, dataset in registry.datasets.items():
        raw = registry.raw[dataset.raw]
        part = "" if dataset.part == "all" else f" ({dataset.part})"
        count = f"{'about ' if dataset.estimated else ''}{dataset.samples:,}"
        counts = (count, " x ".join(map(str, registry.shape(slug))), str(dataset.classes))
        table.add_row(slug, *counts, dataset.raw + part, raw.licence)
    Console().print(table)


@app.command()
def fetch(slugs: Slugs = None, root: Root = Path()) -> None:
    """Fetch raw data from its first source that gives the registered content.

    Data that is there and verified is left alone. Exits with 1 if any could not be had.
    """
    experiment = load_experiment(root)
    layout = Layout(root)
    failed = False
    for slug in _raw_slugs(experiment, slugs):
        raw = experiment.registry.raw[slug]
        destination = layout.raw(slug)
        state = verify_raw(destination, raw)
        if state.usable:
            typer.echo(f"{slug}: already there, {state}")
            continue
        try:
            fetch_raw(
                slug,
                raw,
                destination,
                root=root,
                cache=layout.download_cache,
                timeout=experiment.settings.download_timeout,
                mirror=mirror_folder(),
                report=typer.echo,
            )
        except DataError as error:
            failed = True
            typer.secho(str(error), fg="red", err=True)
    if failed:
        raise typer.Exit(1)


@app.command()
def verify(slugs: Slugs = None, root: Root = Path()) -> None:
    """Hash the content of raw data anew and compare it with the registered fingerprint.

    Exits with 1 if any is damaged, or if data that was named is not there.
    """
    experiment = load_experiment(root)
    layout = Layout(root)
    table = Table(_fixed("raw data"), _fixed("state"), "file")
    failed = False
    for slug in _raw_slugs(experiment, slugs):
        state = verify_raw(layout.raw(slug), experiment.registry.raw[slug])
        failed |= state is RawStatus.DAMAGED or (bool(slugs) and not state.usable)
        table.add_row(slug, _coloured(state), str(layout.raw(slug)))
    Console().print(table)
    if failed:
        raise typer.Exit(1)


@app.command()
def status(root: Root = Path()) -> None:
    """Show what is on disk and where it came from, as recorded when it was fetched."""
    experiment = load_experiment(root)
    layout = Layout(root)
    table = Table(_fixed("raw data"), _fixed("recorded state"), "source", _fixed("MB"), "used by")
    for slug, raw in experiment.registry.raw.items():
        state = recorded_state(layout.raw(slug), raw)
        users = [name for name, d in experiment.registry.datasets.items() if d.raw == slug]
        size = f"{raw.bytes / 1e6:.1f}"
        table.add_row(slug, _coloured(state.status), state.source, size, ", ".join(users))
    Console().print(table)


def _raw_slugs(experiment: Experiment, slugs: Sequence[str] | None) -> list[str]:
    """Raw data behind the named data sets, or behind those that the settings select.

    Raises:
        ConfigError: a name is neither a data set nor raw data.
    """
    registry = experiment.registry
    selected = experiment.settings.datasets
    names = slugs or (list(registry.datasets) if selected == "all" else selected)
    known = {raw: raw for raw in registry.raw}
    known |= {name: dataset.raw for name, dataset in registry.datasets.items()}
    for name in names:
        if name not in known:
            raise unknown("data set", name, known, "clustrace data")
    return list(dict.fromkeys(known[name] for name in names))


def _fixed(header: str) -> Column:
    """A column whose entries are never cut or wrapped."""
    return Column(header, no_wrap=True)


def _coloured(state: RawStatus) -> str:
    return f"[{_COLOURS.get(state, 'red')}]{state}[/]"
