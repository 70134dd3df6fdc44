import json
import os

import pytest
from tests.small_results import PROTOCOL, build, copied

from clustrace.audit.checkout import Checkout
from clustrace.audit.model import Level
from clustrace.audit.run import audit
from clustrace.config.experiment import load_experiment
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
        return self.root / (path if path.startswith("data/") else f"results/{PROTOCOL}/{path}")

    def record(self, rule, *parts):
        return self.path(f"provenance/{rule}/{'/'.join(parts)}.json")

    def change(self, path, **fields):
        """Give new values to keys of a JSON file."""
        content = json.loads(path.read_text())
        content.update(fields)
        self.write(path, json.dumps(content).encode())

    def change_record(self, path, edit):
        content = json.loads(path.read_text())
        edit(content)
        self.write(path, json.dumps(content).encode())

    def replace(self, path, old, new, count=-1):
        """Replace a text in a file that has it."""
        text = path.read_text()
        assert old in text
        self.write(path, text.replace(old, new, count).encode())

    def write(self, path, content):
        # Some files are the same on disk as those of other tests.
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def restate(self, path):
        """Put the hash that a file has now into all records that name it."""
        name = path.relative_to(self.root).as_posix()
        sha256, size = sha256_file(path), os.path.getsize(path)

        def edit(record):
            for files in [*record["inputs"].values(), *record["outputs"].values()]:
                for file in files:
                    if file["path"] == name:
                        file.update(sha256=sha256, bytes=size)

        for record in self.path("provenance").rglob("*.json"):
            if record.parent.name != "objects":
                self.change_record(record, edit)

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
