"""``clustrace attest``: does the code of now give what older code gave?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column, Table

from clustrace.cli.attested import vouched_jobs
from clustrace.cli.console import show
from clustrace.cli.locks import refuse_while_running
from clustrace.cli.options import repository
from clustrace.cli.selection import COMMITTED
from clustrace.cli.transfer import interruptible, say_all
from clustrace.config.layout import Layout
from clustrace.config.sentences import nearest
from clustrace.errors import ConfigError, StorageError
from clustrace.files import sha256_file
from clustrace.provenance.attestation import Attestation, write_attestations
from clustrace.provenance.attested import Attested, attested_file
from clustrace.provenance.code_identity import code_index
from clustrace.provenance.disk import DiskHashes
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.lineage import Lineage
from clustrace.provenance.objects import ObjectStore
from clustrace.provenance.record import read_record
from clustrace.provenance.snakemake_state import note_jobs
from clustrace.provenance.standing import Standing, standing_jobs
from clustrace.stages.attesting import Attesting, NotAttestedError
from clustrace.stages.older import OlderJob, older_jobs

app = typer.Typer()


@app.command()
def attest(
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            help="Protocol; may be repeated. By default those whose results are committed."
        ),
    ] = None,
    cell: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="Only the jobs behind this number, as in dcec.table1.dcec.usps.acc; may be "
            "repeated.",
        ),
    ] = None,
    record: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Only the job of this record; may be repeated."),
    ] = None,
    steps: Annotated[
        int,
        typer.Option(
            min=1,
            help="Gradient steps of each training to repeat; more where its history begins later.",
        ),
    ] = 300,
    again: Annotated[
        bool, typer.Option("--again", help="Repeat also what is attested for the code of now.")
    ] = False,
) -> None:
    """Repeat jobs that older code did with the code of now, and keep what came out.

    Of trainings the first gradient steps are repeated and compared with the recorded history, of
    all other jobs the whole work. Attested jobs pass for jobs of today's code in `snakemake -n`,
    until the code changes again. Ctrl-C stops; the same command goes on from there. Exits with 1
    if anything came out otherwise, or could not be told.
    """
    root = repository()
    refuse_while_running(root)
    disk = DiskHashes(root)
    chosen = _chosen(root, _protocols(root, protocol), cell, record)
    complete = True
    with interruptible():
        for name, paths in chosen.items():
            complete &= _attest(root, name, paths, disk, steps, again=again)
    raise typer.Exit(0 if complete else 1)


def _protocols(root: Path, named: Sequence[str] | None) -> list[str]:
    """Protocols with records.

    Raises:
        StorageError: one that is named has no results, or none of those looked for has.
    """
    wanted = list(named or COMMITTED)
    there = [slug for slug in wanted if (Layout(root).protocol(slug) / "provenance").is_dir()]
    if not there or (named and there != wanted):
        missing = " or ".join(slug for slug in wanted if slug not in there)
        raise StorageError(
            f"There are no results of the protocol {missing} here; compute some, get them with "
            "git, or name another protocol."
        )
    return there


def _chosen(
    root: Path,
    protocols: Iterable[str],
    cells: Sequence[str] | None,
    records: Sequence[Path] | None,
) -> dict[str, frozenset[str] | None]:
    """Hashes of the records that are asked for, by protocol; None: all.

    Raises:
        ConfigError: no ledger has a number.
        StorageError: a record cannot be read.
    """
    if not cells and not records:
        return dict.fromkeys(protocols)
    named = frozenset(map(_hash_of, records or ()))
    lineages = {slug: Lineage.load(Layout(root).protocol(slug), root) for slug in protocols}
    known = {address for lineage in lineages.values() for address in lineage.cells}
    for address in cells or ():
        if address not in known:
            raise ConfigError(
                f"No ledger has the number {address!r}{nearest(address, known) or '.'}"
            )
    return {
        slug: named.union(
            job.sha256
            for address in cells or ()
            if address in lineage.cells
            for job in lineage.jobs_in_order(address)
        )
        for slug, lineage in lineages.items()
    }


def _hash_of(record: Path) -> str:
    read_record(record)
    return sha256_file(record)


def _attest(
    root: Path,
    protocol: str,
    records: frozenset[str] | None,
    disk: DiskHashes,
    steps: int,
    *,
    again: bool,
) -> bool:
    """Attest jobs of a protocol, and tell Snakemake; True if something vouches for all of them."""
    folder = Layout(root).protocol(protocol)
    standing = standing_jobs([folder / "provenance"], root)
    older = [
        job
        for job in older_jobs(standing.jobs, root, code_index())
        if records is None or job.sha256 in records
    ]
    attested = Attested.load(folder, HashCache(None))
    found = {job.sha256: attested.of(job.sha256, job.recorded.digest) for job in older}
    waiting = [job for job in older if again or found[job.sha256] is None]
    store = ObjectStore(folder / "provenance" / "objects")
    reasons: dict[str, str] = {}
    standing_now = {job.object or disk.sha256(job.path) for job in standing.jobs}
    # What was said of runs that were replaced since is of no use.
    entries = {sha256: each for sha256, each in attested.entries.items() if sha256 in standing_now}
    with _progress(len(waiting)) as (tell, advance):
        attesting = Attesting(root, store, disk, steps, tell)
        for job in waiting:
            try:
                made = attesting.attest(job)
            except NotAttestedError as reason:
                reasons[job.sha256] = str(reason)
            else:
                found[job.sha256] = entries[job.sha256] = made
                # After each, so that nothing is lost when it is stopped.
                write_attestations(attested_file(folder), entries.values())
            advance(job.name)
    _tell_snakemake(standing, protocol, disk)
    return _report(protocol, older, found, reasons, standing.unreadable)


def _tell_snakemake(standing: Standing, protocol: str, disk: DiskHashes) -> None:
    vouched = vouched_jobs(standing.jobs, [protocol], disk)
    note_jobs((job for job in standing.jobs if job.path in vouched), disk, vouched)


def _report(
    protocol: str,
    older: Sequence[OlderJob],
    found: Mapping[str, Attestation | None],
    reasons: Mapping[str, str],
    unreadable: Sequence[str],
) -> bool:
    """Say what is attested of each job; True if something vouches for all of them."""
    say_all("Records that cannot be read; get them back with `git checkout`:", unreadable)
    if not older:
        typer.echo(f"{protocol}: no job that can be repeated was done by older code.")
        return not unreadable
    table = Table("job of older code", Column("repeated with today's", overflow="fold"), box=None)
    for job in older:
        made = found[job.sha256]
        said = made.sentence if made else f"cannot say: {reasons[job.sha256]}"
        table.add_row(job.name, escape(said))
    show(table)
    vouched = sum(1 for made in found.values() if made and made.vouches)
    typer.echo(
        f"\n{protocol}: {vouched} of {len(older)} jobs of older code are attested. Where "
        "only first steps were repeated, it says nothing of what comes after them."
    )
    return vouched == len(older) and not unreadable


@contextmanager
def _progress(jobs: int) -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """Tells on the standard error how far it is: a bar on a terminal, else a line for each job.

    Yields:
        What to call with news of the job under way, and what to call with its name at its end.
    """
    console = Console(stderr=True)
    silent = not console.is_terminal
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=silent) as progress:
        bar = progress.add_task("repeating", total=jobs)
        done = count(1)

        def tell(line: str) -> None:
            progress.update(bar, description=line)

        def advance(name: str) -> None:
            progress.advance(bar)
            if silent:
                typer.echo(f"{name}: done, {next(done)} of {jobs}", err=True)

        yield tell, advance
