"""Records that tell of other code or other commits, or of no way to repeat the job."""

from __future__ import annotations

import random
import subprocess

from clustrace.files import sha256_json
from tests.mutants.base import OTHER_CODE
from tests.mutants.forge import keep_object, reseal
from tests.mutants.kind import Caught, Kind
from tests.mutants.places import FOLDER
from tests.mutants.recorded import RecordKind, result_records, training_records
from tests.mutants.tree import Json, Tree, pick


def shared(record: Json, name: str) -> str:
    """Path of an object that a record refers to."""
    return f"{FOLDER}/provenance/objects/{record[name]['object']}.json"


class CodeAltered(RecordKind):
    """The code of a job is not that of its commit."""

    name = "code-of-another-version"
    artefact = "code"
    naive_caught = Caught("ENV-004")
    consistent_caught = Caught("ENV-004")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["code"]["digest"] = f"{rng.getrandbits(256):064x}"
        return "digest of the code"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Name another hash of one of its modules, with digest and object that fit."""
        place = pick(rng, result_records(tree))
        record = tree.json(place)
        code = tree.json(shared(record, "code"))
        module = pick(rng, sorted(code["modules"]))
        code["modules"][module] = f"{rng.getrandbits(256):064x}"
        keep_code(tree, place, record, code)
        return f"{place}: {module}"


class CommitExchanged(RecordKind):
    """The commit of a job is an earlier one, which has other code."""

    name = "commit-of-other-code"
    artefact = "code"
    naive_caught = Caught("ENV-004")
    consistent_caught = Caught("ENV-004")

    def places(self, tree: Tree) -> list[str]:
        """Records of evaluations, whose code the earlier commit has in another form."""
        return [run.record("evaluate") for run in tree.runs]

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["git"]["commit"] = commits()[-1]
        return "commit"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Let all jobs be of the earlier commit, but for the module that is another there."""
        for place in result_records(tree):
            record = tree.json(place)
            self.change(tree, record, rng)
            tree.write_json(place, record)
        return f"all records; {OTHER_CODE}"


class CommitUnknown(RecordKind):
    """A commit that does not exist."""

    name = "commit-that-does-not-exist"
    artefact = "code"
    naive_caught = Caught("ENV-002")
    consistent_caught = Caught("ENV-002")

    def places(self, tree: Tree) -> list[str]:
        """Records of jobs of the protocol."""
        return result_records(tree)

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["git"]["commit"] = f"{rng.getrandbits(160):040x}"
        return "commit"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Let all jobs be of it."""
        commit = f"{rng.getrandbits(160):040x}"
        for place in result_records(tree):
            record = tree.json(place)
            record["git"]["commit"] = commit
            tree.write_json(place, record)
        return "all records"


class EditsHidden(Kind):
    """A job that ran with uncommitted edits, and does not say so."""

    name = "uncommitted-edits-hidden"
    artefact = "code"
    naive_caught = Caught("ENV-002")
    consistent_caught = Caught("ENV-004")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Say that there were edits, and keep none; or the other way round."""
        place = pick(rng, result_records(tree))
        record = tree.json(place)
        if rng.random() < 0.5:
            record["git"]["dirty"] = True
        else:
            record["git"]["diff_sha256"] = keep_object(place, b"no difference\n", ".diff")
        tree.write_json(place, record)
        return place

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Let the code be an edited one, under a clean commit."""
        place = pick(rng, result_records(tree))
        record = tree.json(place)
        code = tree.json(shared(record, "code"))
        module = pick(rng, sorted(code["modules"]))
        code["modules"][module] = sha256_json(f"edited {module}")
        keep_code(tree, place, record, code)
        return f"{place}: {module}"


class EditsOfNothing(RecordKind):
    """Edits whose difference is not kept, or touches another file than the one that differs."""

    name = "uncommitted-edits-of-another-file"
    artefact = "code"
    naive_caught = Caught("ENV-002")
    consistent_caught = Caught("ENV-004")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["git"] |= {"dirty": True, "diff_sha256": f"{rng.getrandbits(256):064x}"}
        return "difference"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Keep a difference of the README for code that differs."""
        place = pick(rng, self.places(tree))
        record = tree.json(place)
        difference = b"diff --git a/README.md b/README.md\n--- a/README.md\n+++ b/README.md\n"
        kept = keep_object(place, difference, ".diff")
        record["git"] |= {"dirty": True, "diff_sha256": kept}
        code = tree.json(shared(record, "code"))
        module = pick(rng, sorted(code["modules"]))
        code["modules"][module] = f"{rng.getrandbits(256):064x}"
        keep_code(tree, place, record, code)
        return f"{place}: {module}"


class ReplayExchanged(RecordKind):
    """A command for the replay that copies what is to be made anew, or none at all."""

    name = "replay-command-exchanged"
    naive_caught = Caught("RUN-012")
    consistent_caught = Caught("RUN-012")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        start = pick(rng, [name for name, argv in record["replay"].items() if argv])
        record["replay"][start] = ["cp", "--recursive", "results", "{folder}"]
        return start

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Exchange it in all records, so that none differs from the others."""
        for place in training_records(tree):
            record = tree.json(place)
            for start, argv in record["replay"].items():
                if argv:
                    record["replay"][start] = ["true", "{record}", "{folder}"]
            tree.write_json(place, record)
        reseal(tree)
        return "all records"


class ReplayRemoved(RecordKind):
    """A job that cannot be repeated, it says."""

    name = "replay-command-removed"
    naive_caught = Caught("RUN-012")
    consistent_caught = Caught("RUN-012")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["replay"] = {"weights": None, "retrain": None}
        return "replay"


def commits() -> list[str]:
    """Commits of the project, the last one first."""
    done = subprocess.run(["git", "rev-list", "HEAD"], capture_output=True, check=True, text=True)
    return done.stdout.split()


def keep_json(tree: Tree, place: str, content: Json) -> str:
    """Keep an object beside a record; returns its hash."""
    temporary = f"{FOLDER}/forged.json"
    tree.write_json(temporary, content)
    digest = keep_object(place, tree.bytes(temporary))
    tree.delete(temporary)
    return digest


def keep_code(tree: Tree, place: str, record: Json, code: Json) -> None:
    """Let a record name another code identity, with a digest that fits its modules."""
    code["digest"] = sha256_json(code["modules"])
    record["code"] = {"digest": code["digest"], "object": keep_json(tree, place, code)}
    tree.write_json(place, record)


KINDS: tuple[type[Kind], ...] = (
    CodeAltered,
    CommitExchanged,
    CommitUnknown,
    EditsHidden,
    EditsOfNothing,
    ReplayExchanged,
    ReplayRemoved,
)
