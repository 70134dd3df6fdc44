import csv
import io
import json
import os
from pathlib import Path

import pytest
from tests.small_results import PROTOCOL, build, copied

from clustrace.audit.checkout import Checkout
from clustrace.audit.model import Level
from clustrace.audit.run import audit
from clustrace.config.experiment import load_experiment
from clustrace.data.artefact import read_artefact, write_artefact
from clustrace.files import sha256_file


@pytest.fixture(scope="session")
def honest(tmp_path_factory):
    """A repository with results in which nothing was tampered with."""
    root = tmp_path_factory.mktemp("honest")
    build(root)
    return root


@pytest.fixture(scope="session")
def declared(honest):
    """What its config/ declares, and its commits."""
    experiment = load_experiment(honest, {"protocol": PROTOCOL})
    return {"experiments": {PROTOCOL: experiment}, "checkout": Checkout(honest)}


class Results:
    """Results to tamper with, and their audit."""

    def __init__(self, root, declared):
        self.root, self.declared = root, declared

    def path(self, path):
        """A file of the results by its name in them; one that is found already is left."""
        if isinstance(path, Path):
            return path
        return self.root / (path if path.startswith("data/") else f"results/{PROTOCOL}/{path}")

    def record(self, rule, *parts):
        return self.path(f"provenance/{rule}/{'/'.join(parts)}.json")

    def change(self, path, edit):
        """Edit a JSON file."""
        content = json.loads(path.read_text())
        edit(content)
        self.write(path, json.dumps(content).encode())

    def change_record(self, *parts, **fields):
        """Give new values to fields of a record."""
        self.change(self.record(*parts), lambda record: record.update(fields))

    def change_all_records(self, edit):
        for record in self.path("provenance").rglob("*.json"):
            if record.parent.name != "objects":
                self.change(record, edit)

    def replace(self, path, old, new, count=-1):
        """Replace a text in a file that has it."""
        path = self.path(path)
        text = path.read_text()
        assert old in text
        self.write(path, text.replace(old, new, count).encode())

    def change_arrays(self, path, edit, **about):
        """Edit the arrays of an artefact, given as a dictionary of copies."""
        path = self.path(path)
        found = read_artefact(path)
        arrays = {name: array.copy() for name, array in found.arrays.items()}
        edit(arrays)
        path.unlink()
        write_artefact(path, arrays, outcome=found.outcome, about={**found.about, **about})

    def change_row(self, address, **fields):
        """Give new values to columns of a ledger's row."""
        path = self.path("ledger/mini.csv")
        rows = list(csv.DictReader(io.StringIO(path.read_text(), newline="")))
        (row,) = [row for row in rows if row["address"] == address]
        row.update(fields)
        self.write_rows(path, rows)
        return row

    def write_rows(self, path, rows):
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        self.write(path, text.getvalue().encode())

    def write(self, path, content):
        # The file on disk is that of other tests, too.
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def restate(self, *paths):
        """Put the hashes that files have now into all records that name them."""
        files = {self.path(path) for path in paths}
        now = {
            file.relative_to(self.root).as_posix(): {
                "sha256": sha256_file(file), "bytes": os.path.getsize(file)
            }
            for file in files
        }  # fmt: skip

        def edit(record):
            for named in [*record["inputs"].values(), *record["outputs"].values()]:
                for file in named:
                    file.update(now.get(file["path"], {}))

        self.change_all_records(edit)

    def audit(self, **options):
        return audit(self.root, **{**self.declared, **options})

    def failed(self, **options):
        return set(self.audit(**options).failed_checks())


@pytest.fixture
def results(honest, declared, tmp_path):
    return Results(copied(honest, tmp_path), declared)


@pytest.fixture
def hashes():
    return {"level": Level.HASHES}
