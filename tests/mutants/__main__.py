"""``python -m tests.mutants``: try the whole corpus, and write results/audit.md."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from clustrace.audit.model import Level
from clustrace.files import write_text
from clustrace.provenance.environment import describe_machine
from tests.mutants.base import ROOT, prepared
from tests.mutants.corpus import KINDS, Mutant, deep_mutants, mutants, variations
from tests.mutants.report import Facts, render
from tests.mutants.trial import Laboratory, Tried

_ALONE = "python -m tests.mutants --only NAME"


def _known(name: str) -> str:
    """Refuse a name of no mutant before the workflow runs."""
    try:
        if name:
            Mutant.named(name, 0)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return name


def main(
    count: Annotated[int, typer.Option(help="Mutants to try.")] = 600,
    honest: Annotated[int, typer.Option(help="Honest variations to try.")] = 125,
    replays: Annotated[int, typer.Option(help="Mutants of each kind that needs a replay.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of all places.")] = 0,
    tree: Annotated[
        Path | None,
        typer.Option(help="Folder of the results to forge; made if there are none. Temporary."),
    ] = None,
    cores: Annotated[int, typer.Option(help="Processor cores for making the results.")] = 2,
    only: Annotated[
        str, typer.Option(help="Try this mutant alone: kind/form/number.", callback=_known)
    ] = "",
    report: Annotated[Path, typer.Option(help="Where to write the report.")] = ROOT
    / "results/audit.md",
) -> None:
    """Try mutants and honest variations; exits with 1 if one was missed or gave an alarm."""
    with tempfile.TemporaryDirectory() as scratch:
        console = Console(stderr=True)
        console.print("Running the workflow for the results to forge ...")
        folder = prepared((tree or Path(scratch, "project")).absolute(), cores)
        laboratory = Laboratory(folder)
        if only:
            raise typer.Exit(_alone(laboratory, only, seed))
        began = time.perf_counter()
        tried = [
            laboratory.try_mutant(mutant)
            for mutant in track(list(mutants(count, seed)), "Mutants", console=console)
        ]
        replayed = _replayed(laboratory, replays, seed, console)
        varied = [
            laboratory.vary(variation, seed, number, Path(scratch))
            for variation, number in track(list(variations(honest)), "Variations", console=console)
        ]
    facts = Facts(
        day=datetime.now(UTC).date(),
        machine=describe_machine(),
        seed=seed,
        seconds=time.perf_counter() - began,
        kinds=len(KINDS),
        alone=_ALONE,
    )
    write_text(report, render(facts, tried, replayed, varied))
    console.print(f"{report} written")
    deep = replayed[1::2]
    if not all(t.caught for t in (*tried, *deep)) or any(v.failed for v in varied):
        raise typer.Exit(1)


def _replayed(laboratory: Laboratory, each: int, seed: int, console: Console) -> list[Tried]:
    """Each forgery that needs a replay: audited at `predictions`, and then at its own level."""
    found: list[Tried] = []
    for mutant in track(list(deep_mutants(each, seed)), "Replays", console=console):
        found.append(laboratory.try_mutant(mutant, Level.PREDICTIONS))
        found.append(laboratory.try_mutant(mutant))
    return found


def _alone(laboratory: Laboratory, name: str, seed: int) -> int:
    mutant = Mutant.named(name, seed)
    tried = laboratory.try_mutant(mutant)
    typer.echo(f"{tried.place}\nfailed: {' '.join(tried.failed)} {' '.join(tried.warned)}")
    return 0 if tried.as_expected else 1


if __name__ == "__main__":
    typer.run(main)
