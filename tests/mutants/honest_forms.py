"""The same results in another order or form, or made once more."""

from __future__ import annotations

import gzip
import json
import random

from clustrace.report.results import write_everything
from tests.mutants.forge import print_tables, remake_ledger, reseal
from tests.mutants.honest import Honest
from tests.mutants.places import EVIDENCE, FOLDER, LEDGER
from tests.mutants.recorded import result_records
from tests.mutants.tree import Tree, pick


class LedgerReordered(Honest):
    """Rows of the ledger in another order."""

    name = "order of rows in the ledger"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Shuffle them."""
        rows = tree.rows(LEDGER)
        rng.shuffle(rows)
        tree.write_rows(rows, LEDGER)
        print_tables(tree)
        reseal(tree)
        return LEDGER


class EvidenceReordered(Honest):
    """Confirmations in another order."""

    name = "order of rows in the evidence"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Shuffle them."""
        rows = tree.rows(EVIDENCE)
        rng.shuffle(rows)
        tree.write_rows(rows, EVIDENCE)
        reseal(tree)
        return EVIDENCE


class ColumnsReordered(Honest):
    """Columns of a history in another order."""

    name = "order of columns in a history"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Shuffle them."""
        run = pick(rng, tree.trainings)
        rows = tree.rows(run.history)
        names = list(rows[0])
        rng.shuffle(names)
        tree.write_rows([{name: row[name] for name in names} for row in rows], run.history)
        reseal(tree)
        return run.history


class ScoresReformatted(Honest):
    """Scores as JSON of another form."""

    name = "form of JSON in scores"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Write keys in another order, and without line breaks."""
        run = pick(rng, tree.runs)
        content = tree.json(run.metrics)
        backwards = dict(reversed(list(content.items())))
        tree.write(run.metrics, json.dumps(backwards, indent=pick(rng, (None, 1, 4))))
        reseal(tree)
        return run.metrics


class RecordReformatted(Honest):
    """A record as JSON of another form."""

    name = "form of JSON in a record"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Write keys in another order, and without line breaks."""
        place = pick(rng, result_records(tree))
        record = dict(reversed(list(tree.json(place).items())))
        tree.write(place, json.dumps(record, indent=pick(rng, (None, 1, 4))))
        reseal(tree)
        return place


class Recompressed(Honest):
    """Label vectors that another version of zlib compressed; their confirmation is lost."""

    name = "compression of label vectors"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Compress a file less, and build everything from it."""
        run = pick(rng, tree.runs)
        path = pick(rng, (run.predictions, tree.truth_file(run.dataset)))
        content = gzip.decompress(tree.bytes(path))
        tree.write(path, gzip.compress(content, rng.randrange(0, 8), mtime=rng.randrange(1 << 30)))
        _build(tree)
        return path


class PrintedAnew(Honest):
    """Ledger, tables, figures and summary made once more."""

    name = "tables printed anew"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Make them."""
        write_everything(tree.plan)
        reseal(tree)
        return FOLDER


class ConfirmationsLost(Honest):
    """No audit has confirmed anything yet."""

    name = "no evidence yet"

    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Delete the evidence, and build everything without it."""
        tree.delete(EVIDENCE)
        place = f"{FOLDER}/provenance/ledger/{tree.paper.slug}.json"
        record = tree.json(place)
        for name in ("evidence", "evaluated"):
            record["inputs"].pop(name, None)
        tree.write_json(place, record)
        _build(tree)
        return EVIDENCE


def _build(tree: Tree) -> None:
    """Everything from ledger to summary, as the workflow builds it, but for the figures."""
    remake_ledger(tree)
    print_tables(tree)
    reseal(tree)


VARIATIONS: tuple[type[Honest], ...] = (
    LedgerReordered,
    EvidenceReordered,
    ColumnsReordered,
    ScoresReformatted,
    RecordReformatted,
    Recompressed,
    PrintedAnew,
    ConfirmationsLost,
)
