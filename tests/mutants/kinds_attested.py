"""Attestations of repetitions that never took place, of jobs that older code did."""

from __future__ import annotations

import csv
import io
import random

from clustrace.files import json_text, sha256_json
from tests.mutants.forge import keep_object
from tests.mutants.kind import Caught, Kind
from tests.mutants.places import FOLDER
from tests.mutants.tree import Json, Tree, pick


class Attested(Kind):
    """A training that is attested, with nothing wrong in what is said of it."""

    artefact = "attestation"
    naive_caught = Caught("RUN-016")
    consistent_caught = Caught("RUN-016")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Attest it with a code that no object has."""
        entry = _entry(tree, rng)
        entry["later"]["digest"] = f"{rng.getrandbits(256):064x}"
        return _write(tree, entry)

    def _consistent(self, tree: Tree, entry: Json, rng: random.Random) -> None:
        """Alter what fits."""

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Attest it with a code that is kept, and say more than a repetition could show."""
        entry = _entry(tree, rng)
        self._consistent(tree, entry, rng)
        return _write(tree, entry)


class StepsExaggerated(Attested):
    """More steps than the training has."""

    name = "attested-steps-exaggerated"

    def _consistent(self, tree: Tree, entry: Json, rng: random.Random) -> None:
        entry["extent"]["of_steps"] *= rng.randint(2, 9)
        entry["extent"]["steps"] = entry["extent"]["of_steps"]


class WholeInsteadOfSteps(Attested):
    """A training whose first steps pass for the whole."""

    name = "attested-as-a-whole"

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Attest another record than the one that is named."""
        entry = _entry(tree, rng)
        entry["record"] = entry["record"].replace("/provenance/", "/provenance/other-")
        return _write(tree, entry)

    def _consistent(self, tree: Tree, entry: Json, rng: random.Random) -> None:
        entry["extent"] = None


class ExcusedByMachine(Attested):
    """Losses that lie apart where they have to be equal, excused by another machine."""

    name = "attested-within-a-tolerance"

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Say it, and leave the machine."""
        entry = _entry(tree, rng)
        entry["outcome"] = "close"
        return _write(tree, entry)

    def _consistent(self, tree: Tree, entry: Json, rng: random.Random) -> None:
        entry["outcome"], entry["same_machine"] = "close", False


def _entry(tree: Tree, rng: random.Random) -> Json:
    """An attestation of the first steps of a fine-tuning, by a code with one other module."""
    place = pick(rng, tree.finetunings).record("finetune")
    record = tree.json(place)
    code = tree.json(f"{FOLDER}/provenance/objects/{record['code']['object']}.json")
    module = pick(rng, sorted(code["modules"]))
    code["modules"][module] = f"{rng.getrandbits(256):064x}"
    code["digest"] = sha256_json(code["modules"])
    text = tree.text(record["outputs"]["history"][0]["path"])
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    steps = max(int(row["iteration"]) for row in rows)
    return {
        "record": record["path"],
        "record_sha256": tree.sha256(place),
        "rule": record["rule"],
        "code": record["code"]["digest"],
        "later": {
            "digest": code["digest"],
            "object": keep_object(place, json_text(code).encode()),
            "commit": None,
            "dirty": False,
            "changed": {module: "edited"},
        },
        "outcome": "equal",
        "extent": {"steps": steps, "of_steps": steps, "phases": 1, "rows": len(rows)},
        "determinism": record["determinism"],
        "same_machine": True,
        "environment": record["environment"]["object"],
        "date": record["end"][:10],
    }


def _write(tree: Tree, entry: Json) -> str:
    tree.write(f"{FOLDER}/evidence/attested.json", json_text([entry]))
    return f"attestation of {entry['record']}"


KINDS = (StepsExaggerated, WholeInsteadOfSteps, ExcusedByMachine)
