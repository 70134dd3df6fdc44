"""Records that tell of other files or times, or are no records any more.

No hash of a record stands anywhere but for those that results of other folders rest on. The naive
form alters one record; the consistent one alters all that would contradict it.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from tests.mutants.forge import reseal
from tests.mutants.kind import Caught, Kind
from tests.mutants.places import FOLDER
from tests.mutants.recorded import RecordKind, result_records, training_records
from tests.mutants.tree import Json, Tree, pick


class OutputHashAltered(RecordKind):
    """An output with another hash."""

    name = "record-output-hash-altered"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("RUN-002")

    def places(self, tree: Tree) -> list[str]:
        """Records of jobs of the protocol."""
        return result_records(tree)

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        listed = record["outputs"][pick(rng, sorted(record["outputs"]))]
        listed[0]["sha256"] = f"{rng.getrandbits(256):064x}"
        return listed[0]["path"]

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Alter it where the file is made and where it is read."""
        place = self.edit(tree, rng)
        path = place.partition(": ")[2]
        named = next(
            file["sha256"]
            for listed in tree.json(place.partition(":")[0])["outputs"].values()
            for file in listed
            if file["path"] == path
        )
        for reader in result_records(tree):
            record = tree.json(reader)
            for listed in record["inputs"].values():
                for file in listed:
                    file["sha256"] = named if file["path"] == path else file["sha256"]
            tree.write_json(reader, record)
        return place


class InputHashAltered(RecordKind):
    """A job that read another version of its input than there is."""

    name = "record-input-hash-altered"
    naive_caught = Caught("RUN-004")
    consistent_caught = Caught("RUN-004")

    def places(self, tree: Tree) -> list[str]:
        """Records of jobs of the protocol."""
        return result_records(tree)

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        made = [
            file
            for listed in record["inputs"].values()
            for file in listed
            if file["path"].startswith(("data/", f"{FOLDER}/"))
        ]
        file = pick(rng, made)
        file["sha256"] = f"{rng.getrandbits(256):064x}"
        return str(file["path"])

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Alter it in all records of jobs that read the file."""
        path = self.edit(tree, rng).partition(": ")[2]
        other = f"{rng.getrandbits(256):064x}"
        for place in result_records(tree):
            record = tree.json(place)
            for listed in record["inputs"].values():
                for file in listed:
                    file["sha256"] = other if file["path"] == path else file["sha256"]
            tree.write_json(place, record)
        return path


class EndInFuture(RecordKind):
    """A job that will end tomorrow."""

    name = "record-ends-in-future"
    naive_caught = Caught("RUN-008")
    consistent_caught = Caught("RUN-008")

    def places(self, tree: Tree) -> list[str]:
        """Records of jobs of the protocol."""
        return result_records(tree)

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        _shift(record, timedelta(days=rng.randrange(1, 400)), "end")
        return "end"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Let all jobs have run tomorrow, in the same order."""
        later = timedelta(days=rng.randrange(1, 400))
        for place in result_records(tree):
            record = tree.json(place)
            _shift(record, later, "start", "end")
            tree.write_json(place, record)
        reseal(tree)
        return f"all records, {later}"


class BeganTooEarly(RecordKind):
    """A job that read its input before that was made."""

    name = "record-began-before-its-input"
    naive_caught = Caught("RUN-008")
    consistent_caught = Caught("RUN-008")

    def places(self, tree: Tree) -> list[str]:
        """Records of jobs whose inputs other jobs made."""
        return [run.record("evaluate") for run in tree.runs]

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        _shift(record, -timedelta(days=rng.randrange(1, 400)), "start", "end")
        return "start and end"


class EndsBeforeStart(RecordKind):
    """A job that ended before it began."""

    name = "record-ends-before-start"
    naive_caught = Caught("RUN-008")
    consistent_caught = Caught("RUN-008")

    def places(self, tree: Tree) -> list[str]:
        """Records of jobs of the protocol."""
        return result_records(tree)

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        _shift(record, -timedelta(hours=rng.randrange(1, 9)), "end")
        return "end"


class WorkTooLong(RecordKind):
    """More hours of work than passed while the job ran."""

    name = "record-work-exceeds-time"
    naive_caught = Caught("RUN-008")
    consistent_caught = Caught("RUN-008")

    def places(self, tree: Tree) -> list[str]:
        """Records of jobs of the protocol."""
        return result_records(tree)

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["seconds"] += 3600 * rng.randrange(1, 50)
        return f"{record['seconds']:.0f} s"


def _shift(record: Json, by: timedelta, *names: str) -> None:
    for name in names:
        record[name] = (datetime.fromisoformat(record[name]) + by).isoformat()


class RecordDeleted(Kind):
    """Results without the record of their job."""

    name = "record-deleted"
    artefact = "record"
    naive_caught = Caught("RUN-003")
    consistent_caught = Caught("RUN-004")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Delete a record."""
        place = pick(rng, result_records(tree))
        tree.delete(place)
        return place

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Delete it with all that its job made."""
        places = [p for p in training_records(tree) if "/pretrain/" in p or "/initialise/" in p]
        place = pick(rng, places)
        for path in tree.outputs(place):
            tree.delete(path)
        tree.delete(place)
        return place


class RecordTruncated(Kind):
    """A record that was written half."""

    name = "record-half-written"
    artefact = "record"
    naive_caught = Caught("RUN-001")
    consistent_caught = Caught("RUN-001")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Cut it off."""
        place = pick(rng, result_records(tree))
        content = tree.bytes(place)
        tree.write(place, content[: rng.randrange(0, len(content) - 4)])
        return place

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Leave out what was lost, so that it can be read."""
        place = pick(rng, result_records(tree))
        record = tree.json(place)
        lost = rng.sample(sorted(record), rng.randrange(1, 9))
        for name in lost:
            del record[name]
        tree.write_json(place, record)
        return f"{place}: {', '.join(lost)}"


class RecordMoved(Kind):
    """The record of another job of the same rule, under the name of this one."""

    name = "record-of-another-job"
    artefact = "record"
    naive_caught = Caught("RUN-001")
    consistent_caught = Caught("RUN-002")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Copy it over."""
        place, other = self._pair(tree, rng)
        tree.write(place, tree.bytes(other))
        return f"{other} as {place}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Copy it over, with place, wildcards and paths exchanged."""
        place, other = self._pair(tree, rng)
        there, here = (
            p.rpartition("/provenance/")[2].partition("/")[2][:-5] for p in (other, place)
        )
        record = tree.json(place)
        text = tree.text(other).replace(there, here)
        tree.write(place, text)
        copied = tree.json(place)
        copied["wildcards"] = record["wildcards"]
        copied["parameters"] = record["parameters"]
        copied["seeds"] = record["seeds"]
        tree.write_json(place, copied)
        return f"{other} as {place}"

    def _pair(self, tree: Tree, rng: random.Random) -> tuple[str, str]:
        rule = pick(rng, ("evaluate", "cluster", "pretrain", "initialise", "finetune"))
        places = [p for p in result_records(tree) if tree.json(p)["rule"] == rule]
        first, second = rng.sample(places, 2)
        return first, second


KINDS: tuple[type[Kind], ...] = (
    OutputHashAltered,
    InputHashAltered,
    EndInFuture,
    BeganTooEarly,
    EndsBeforeStart,
    WorkTooLong,
    RecordDeleted,
    RecordTruncated,
    RecordMoved,
)
