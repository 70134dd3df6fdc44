"""``clustrace restore``: bring data and weights back, and Snakemake up to date with them."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import typer
from rich.table import Column, Table

from clustrace.cli.attested import vouched_jobs
from clustrace.cli.console import show
from clustrace.cli.locks import refuse_while_running
from clustrace.cli.options import Config, Remote, repository
from clustrace.cli.selection import Selected, select
from clustrace.cli.transfer import in_turn, interruptible, megabytes, say_all
from clustrace.config.layout import Layout
from clustrace.provenance.disk import DiskHashes, FileState
from clustrace.provenance.dvc_store import DvcStore
from clustrace.provenance.families import Family
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.lineage import Lineage
from clustrace.provenance.ordering import modification_times, set_times
from clustrace.provenance.restoring import Placement, place, place_parquet, place_records
from clustrace.provenance.snakemake_state import note_jobs

app = typer.Typer()

_CELLS_SHOWN = 5
_BROUGHT = (Placement.RESTORED, Placement.REPLACED)


@app.command()
def restore(config: Config = None, remote: Remote = None) -> None:
    """Bring data and weights of the committed results back, and verify every byte.

    Without protocol=… those of paper and paper-cpu; papers=…, datasets=… and methods=… restrict
    them. Afterwards Snakemake knows of each job with which code, parameters and inputs it ran.
    Ctrl-C stops; the same command goes on from there. Exits with 1 if anything is missing or not
    as recorded.
    """
    root = repository()
    refuse_while_running(root)
    chosen = select(root, config)
    disk = DiskHashes(root)
    with interruptible():
        placed = _place(chosen, DvcStore(root, remote), disk)
        place_records(chosen.standing.jobs, disk)
        place_parquet(chosen.standing.jobs, disk)
        changed, deleted = _others(chosen, disk)
        set_times(modification_times(chosen.standing.jobs, disk, time.time()), disk)
        vouched = vouched_jobs(chosen.standing.jobs, chosen.protocols, disk)
        note_jobs(chosen.standing.jobs, disk, vouched)
    show(_table(chosen.families, placed))
    complete = _tell(placed, changed, deleted, chosen)
    _tell_cells(root, chosen.protocols, placed)
    if vouched:
        typer.echo(
            f"\nNot planned for their older code, since they are attested: {len(vouched)} "
            f"job{'s' if len(vouched) > 1 else ''}; `clustrace attest` says how far."
        )
    if complete:
        typer.echo("\nAll bytes are those of the records; `snakemake -n` tells what is to do.")
    raise typer.Exit(0 if complete else 1)


def _place(chosen: Selected, store: DvcStore, disk: DiskHashes) -> dict[FileHash, Placement]:
    """Bring back what is not there; the remote is asked only if there is any."""
    placed: dict[FileHash, Placement] = {}
    reader = None
    for family in in_turn("Restoring", chosen.families):
        for file in family.files:
            if disk.state(file) is FileState.OK:
                placed[file] = Placement.THERE
                continue
            reader = reader or store.reader()
            placed[file] = place(file, reader, disk)
        if any(placed[file] in _BROUGHT for file in family.files):
            store.keep_list(family)
    return placed


def _others(chosen: Selected, disk: DiskHashes) -> tuple[list[str], list[str]]:
    """Recorded files that DVC does not keep: those with another content, those deleted."""
    layout = Layout()
    files = [f for f in chosen.standing.written.values() if layout.tracked(Path(f.path)) is None]
    changed = [file.path for file in files if disk.state(file) is FileState.CHANGED]
    # What git does not have either, such as Parquet, is made anew.
    in_git = _deleted(disk.root)
    return changed, [file.path for file in files if file.path in in_git]


def _deleted(root: Path) -> set[str]:
    """Files that git has and the folder lacks."""
    done = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--deleted", "-z"], capture_output=True, text=True
    )
    return set(done.stdout.split("\0"))


def _table(families: Iterable[Family], placed: dict[FileHash, Placement]) -> Table:
    table = Table(
        Column("family", overflow="fold"),
        *(Column(name, justify="right") for name in ("files", "MB", "restored", "there", "not")),
    )
    for family in families:
        found = Counter(placed[file] for file in family.files)
        restored = sum(found[each] for each in _BROUGHT)
        table.add_row(
            family.path,
            str(len(family.files)),
            megabytes(sum(file.bytes for file in family.files)),
            str(restored),
            str(found[Placement.THERE]),
            str(found.total() - restored - found[Placement.THERE]),
        )
    return table


def _tell(
    placed: dict[FileHash, Placement],
    changed: Sequence[str],
    deleted: Sequence[str],
    chosen: Selected,
) -> bool:
    """Say what is missing and what is not as recorded; True if nothing is."""

    def paths(placement: Placement) -> Iterator[str]:
        return (file.path for file, found in placed.items() if found is placement)

    say_all(
        "Another file stood in its place and is now beside it as *.before-restore-*:",
        paths(Placement.REPLACED),
    )
    problems = {
        "Refused, since the store gave other bytes than those of the record; delete them there "
        "and publish anew from a clone that has the right ones:": list(paths(Placement.REFUSED)),
        "No remote has the bytes; publish from a clone that has them:": list(
            paths(Placement.ABSENT)
        ),
        "No pointer in git stands for these; they were never published, or the pointer is not "
        "committed:": list(paths(Placement.UNPUBLISHED)),
        "Not as recorded; get them back with `git checkout`, or let Snakemake make them "
        "anew:": list(changed),
        "Deleted here; get them back with `git checkout`:": list(deleted),
        "Records that cannot be read; get them back with `git checkout`:": list(
            chosen.standing.unreadable
        ),
    }
    for head, lines in problems.items():
        say_all(head, lines)
    return not any(problems.values())


def _tell_cells(root: Path, protocols: Iterable[str], placed: dict[FileHash, Placement]) -> None:
    """Say which numbers can be audited no further than their label vectors."""
    without = {
        (file.path, file.sha256)
        for file, found in placed.items()
        if found not in (Placement.THERE, *_BROUGHT)
    }
    cells: dict[str, None] = {}
    for protocol in protocols if without else ():
        lineage = Lineage.load(Layout(root).protocol(protocol), root)
        jobs = lineage.dependants(
            lambda job: any((file.path, file.sha256) in without for file in job.written)
        )
        cells |= dict.fromkeys(lineage.cells_of(jobs))
    if cells:
        shown = ", ".join(list(cells)[:_CELLS_SHOWN]) + (" …" if len(cells) > _CELLS_SHOWN else "")
        typer.echo(
            f"\n{len(cells)} numbers rest on them and can be audited to `predictions`, no further: "
            f"{shown}"
        )
