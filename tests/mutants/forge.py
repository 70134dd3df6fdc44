"""What a careful forger does after altering one thing: make all that follows from it fit again.

With the product's own code: scores are those of the label vectors as they are now, the ledger is
that of the scores, tables and figures are printed from the ledger, confirmations rest on what is
there, and every record names the hashes of now. What is not derived from the alteration stays as
it was forged.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

from clustrace.data.artefact import is_artefact, read_artefact
from clustrace.errors import ClustraceError
from clustrace.provenance.evidence import Rung, basis
from clustrace.provenance.ledger import LedgerRow, read_ledger, write_ledger
from clustrace.provenance.objects import ObjectStore
from clustrace.provenance.parquet import write_parquet
from clustrace.provenance.recorder import keep_record
from clustrace.report.figures import write_paper_figure
from clustrace.report.results import (
    write_paper_claims,
    write_paper_ledger,
    write_paper_table,
    write_summary,
)
from clustrace.stages.job import Job
from clustrace.stages.replayable import stage_of
from tests.mutants.places import EVIDENCE, FOLDER, LEDGER, PARQUET
from tests.mutants.tree import Json, Tree

#: Rules whose work a forger does again; trainings are what he spares himself.
REDONE = ("truth", "evaluate")

_ORDER = (
    *("fetch", "prepare", "reveal", "truth", "cluster", "pretrain", "initialise", "finetune"),
    *("classify", "embed", "filters", "activations"),
    *("evaluate", "ledger", "parquet", "table", "figure", "summary"),
)


def rederive(tree: Tree, *, redone: tuple[str, ...] = REDONE, figure: str = "") -> None:
    """Make everything fit that follows from the files that were altered.

    Args:
        tree: the forged files.
        redone: rules whose work is done again where their inputs changed.
        figure: slug of a figure that is drawn anew; it takes seconds.
    """
    for place in _in_order(tree):
        record = tree.json(place)
        if record["rule"] in redone and _is_outdated(tree, record):
            _redo(tree, record)
    if _is_outdated(tree, tree.json(f"{FOLDER}/provenance/ledger/{tree.paper.slug}.json")):
        # Of files that the product refuses, the forger cannot make a ledger: he keeps the old one.
        with contextlib.suppress(ClustraceError):
            remake_ledger(tree)
    reprint(tree)
    if figure:
        write_paper_figure(tree.plan, tree.paper, tree.paper.figure(figure))
    reseal(tree)


def remake_ledger(tree: Tree) -> None:
    """Write the ledger of the scores as they are, and its copy as Parquet."""
    write_paper_ledger(tree.plan, tree.paper)
    write_parquet(PARQUET, read_ledger(LEDGER))


def reprint(tree: Tree) -> None:
    """Renew confirmations, and print Parquet, tables and summary from the ledger as it is.

    A ledger that the product cannot read leaves all of them as they are.
    """
    try:
        rows = read_ledger(LEDGER)
    except ClustraceError:
        return
    if tree.bytes(LEDGER) == tree.original(LEDGER):
        return
    rows = _reconfirmed(tree, rows)
    write_ledger(LEDGER, rows)
    write_parquet(PARQUET, rows)
    print_tables(tree)


def print_tables(tree: Tree) -> None:
    """Print tables and summary from the ledger as it is, as far as it has their rows."""
    try:
        for table in tree.paper.tables:
            write_paper_table(tree.plan, tree.paper, table)
        write_paper_claims(tree.plan, tree.paper)
        write_summary(tree.plan)
    except ClustraceError:
        return


def reseal(tree: Tree) -> None:
    """Name in every record the files as they are now."""
    for place in _in_order(tree):
        record = tree.json(place)
        sealed = {**record, **{part: _sealed(record[part]) for part in ("inputs", "outputs")}}
        sealed["upstream"] = _upstream(tree, place, sealed["upstream"])
        if sealed != record:
            tree.write_json(place, sealed)


def keep_object(record: str, content: bytes, suffix: str = ".json") -> str:
    """Keep an object beside a record; returns its hash."""
    top = "data" if record.startswith("data/") else FOLDER
    return ObjectStore(Path(top, "provenance", "objects")).keep(content, suffix)


def _in_order(tree: Tree) -> list[str]:
    """Readable records, each after those that its job rests on."""
    found = {}
    for place in tree.records:
        try:
            found[place] = _ORDER.index(tree.json(place)["rule"])
        except (ValueError, KeyError, TypeError):
            continue  # An altered record is left as it was altered.
    return sorted(found, key=lambda place: (found[place], place))


def _files(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (file for listed in part.values() for file in listed)


def _is_outdated(tree: Tree, record: Json) -> bool:
    return any(
        tree.exists(file["path"]) and _sha256(file["path"]) != file["sha256"]
        for file in _files(record["inputs"])
    )


def _redo(tree: Tree, record: Json) -> None:
    """Do the work of a recorded job once more, in its place, and record nothing."""
    job = Job(
        rule=record["rule"],
        wildcards=record["wildcards"],
        settings=record["parameters"],
        input={name: Path(files[0]["path"]) for name, files in record["inputs"].items()},
        output={name: Path(files[0]["path"]) for name, files in record["outputs"].items()},
        threads=1,
        device="cpu",
        checkpoints=Path(),
        checkpoint_seconds=1.0,
        config={},
        recorder=MagicMock(),
        heartbeat=MagicMock(),
    )
    if all(is_artefact(p) is False or read_artefact(p).outcome.ok for p in job.input.values()):
        stage_of(record["rule"])(job)


def _sealed(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: [_hashed(file) for file in listed] for name, listed in part.items()}


def _hashed(file: Mapping[str, Any]) -> Mapping[str, Any]:
    path = Path(file["path"])
    if not path.is_file():
        return file
    return {**file, "sha256": _sha256(path), "bytes": path.stat().st_size}


def _sha256(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _upstream(tree: Tree, place: str, upstream: Mapping[str, str]) -> dict[str, str]:
    """The records behind inputs as they are now, kept as objects."""
    top = "data" if place.startswith("data/") else FOLDER
    store = ObjectStore(Path(top, "provenance", "objects"))
    kept = dict(upstream)
    for path in upstream:
        behind = tree.experiment.layout.record_behind(Path(path))
        if behind is not None and behind.is_file():
            try:
                kept[path] = keep_record(behind, store)
            except ClustraceError:
                continue  # An altered record is left as it was altered.
    return kept


def _reconfirmed(tree: Tree, rows: tuple[LedgerRow, ...]) -> list[LedgerRow]:
    """Rows with the rungs that were confirmed before, and confirmations that fit them."""
    if not tree.exists(EVIDENCE):
        return list(rows)
    by_address = {row.address: row for row in rows}
    lines = tree.rows(EVIDENCE)
    for line in lines:
        row = by_address.get(line["address"])
        if row is None:
            continue
        line["basis"] = basis(
            row.address,
            value=row.value,
            printed=row.printed,
            content_sha256=row.content_sha256,
            files={path: _sha256(path) for path in _label_files(tree, row)},
        )
        by_address[row.address] = row.model_copy(update={"evidence": Rung(line["rung"])})
    tree.write_rows(lines, EVIDENCE)
    return list(by_address.values())


def _label_files(tree: Tree, row: LedgerRow) -> Iterator[str]:
    found: dict[str, None] = {}
    for run in row.runs.split():
        if run.startswith(f"{FOLDER}/truth/"):
            found |= dict.fromkeys((run,))
            continue
        found |= dict.fromkeys((f"{run}/predictions.safetensors.gz",))
        found |= dict.fromkeys((tree.truth_file(Path(run).parts[-3]),))
    return (path for path in found if tree.exists(path))
