"""``clustrace publish``: hand data and weights to DVC, and send them to its remote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import typer
from rich.table import Column, Table

from clustrace.cli.console import show
from clustrace.cli.options import Config, Remote, repository
from clustrace.cli.selection import Selected, select
from clustrace.cli.transfer import in_turn, interruptible, megabytes, say_all
from clustrace.provenance.disk import DiskHashes
from clustrace.provenance.dvc_store import DvcStore, RemoteError
from clustrace.provenance.publishing import Taken, take

app = typer.Typer()


@app.command()
def publish(config: Config = None, remote: Remote = None) -> None:
    """Hand data and weights to DVC, send them to its remote, and say what to commit.

    Without protocol=… all results of paper and paper-cpu. A file that is not as its record has it
    is refused. Ctrl-C stops; the same command goes on from there. Exits with 1 if a file was
    refused, a record unreadable or the remote out of reach.
    """
    root = repository()
    chosen = select(root, config)
    store, disk = DvcStore(root, remote), DiskHashes(root)
    with interruptible():
        taken = [take(family, store, disk) for family in in_turn("Adding", chosen.families)]
        sent: dict[str, int] = {}
        try:
            for family in in_turn("Sending", (t.family for t in taken if t.files)):
                sent[family.path] = store.push(family)
        except RemoteError:
            show(_table(taken, sent))
            raise
    show(_table(taken, sent))
    refused = [path for t in taken for path in t.refused]
    _tell(taken, refused, chosen)
    typer.echo(f"\nSent to {store.place}; to commit the pointers and the small results:\n")
    folders = " ".join(["data", *(f"results/{slug}" for slug in chosen.protocols)])
    typer.echo(f'  git add {folders}\n  git commit -m "Results of {", ".join(chosen.protocols)}"')
    raise typer.Exit(1 if refused or chosen.standing.unreadable else 0)


def _table(taken: Sequence[Taken], sent: Mapping[str, int]) -> Table:
    table = Table(
        Column("family", overflow="fold"),
        *(Column(name, justify="right") for name in ("files", "MB")),
        "pointer",
        Column("objects sent", justify="right"),
    )
    for t in taken:
        pointer = "not made" if not t.files else "new" if t.changed else "as before"
        objects = str(sent[t.family.path]) if t.family.path in sent else "-"
        table.add_row(t.family.path, str(len(t.files)), megabytes(t.bytes), pointer, objects)
    return table


def _tell(taken: Sequence[Taken], refused: Sequence[str], chosen: Selected) -> None:
    say_all(
        "Refused, since the bytes are not those of the record; restore them, or delete them and "
        "run again:",
        refused,
    )
    say_all(
        "Not here, so DVC has them only if they were published before:",
        (path for t in taken for path in t.absent),
    )
    say_all("Records that cannot be read, whose files were left out:", chosen.standing.unreadable)
