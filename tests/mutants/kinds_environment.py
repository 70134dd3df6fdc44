"""Records that tell of another machine or other software."""

from __future__ import annotations

import random

from tests.mutants.forge import keep_object
from tests.mutants.kind import Caught, Kind
from tests.mutants.kinds_code import keep_json, shared
from tests.mutants.recorded import RecordKind, training_records
from tests.mutants.tree import Json, Tree, pick


class EnvironmentAltered(RecordKind):
    """Another machine than the one that the environment describes."""

    name = "environment-of-another-machine"
    artefact = "environment"
    naive_caught = Caught("ENV-001")
    consistent_caught = Caught("ENV-001")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        name = pick(rng, ("host", "processor", "python", "torch"))
        record["environment"][name] = "another"
        return name

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Alter the object itself, which all records share."""
        path = shared(tree.json(pick(rng, training_records(tree))), "environment")
        content = tree.json(path)
        content["processor"]["model"] = "Another Processor"
        tree.write_json(path, content)
        return path


class EnvironmentLost(RecordKind):
    """An environment that nobody kept."""

    name = "environment-lost"
    artefact = "environment"
    naive_caught = Caught("ENV-001")
    consistent_caught = Caught("ENV-001")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["environment"]["object"] = f"{rng.getrandbits(256):064x}"
        return "environment"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Keep an object that is no environment in its place."""
        place = pick(rng, self.places(tree))
        record = tree.json(place)
        record["environment"]["object"] = keep_object(place, b'{"packages": {}}\n')
        tree.write_json(place, record)
        return place


class LockExchanged(Kind):
    """Software that was installed from another lock than the commit has."""

    name = "lock-exchanged"
    artefact = "environment"
    naive_caught = Caught("ENV-001")
    consistent_caught = Caught("ENV-001")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Exchange it in the object, whose name then does not fit."""
        path = shared(tree.json(pick(rng, training_records(tree))), "environment")
        content = tree.json(path)
        content["lock_sha256"] = f"{rng.getrandbits(256):064x}"
        tree.write_json(path, content)
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Exchange it in an object of its own."""
        place = pick(rng, training_records(tree))
        record = tree.json(place)
        environment = tree.json(shared(record, "environment"))
        environment["lock_sha256"] = f"{rng.getrandbits(256):064x}"
        record["environment"]["object"] = keep_json(tree, place, environment)
        tree.write_json(place, record)
        return place


class VersionExchanged(Kind):
    """Libraries of another version than the lock has."""

    name = "package-version-exchanged"
    artefact = "environment"
    naive_caught = Caught("ENV-001")
    consistent_caught = Caught("ENV-006")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Exchange one in the object, whose name then does not fit."""
        path = shared(tree.json(pick(rng, training_records(tree))), "environment")
        content = tree.json(path)
        name = self._exchange(content, rng)
        tree.write_json(path, content)
        return f"{path}: {name}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Exchange one in an object of its own."""
        place = pick(rng, training_records(tree))
        record = tree.json(place)
        environment = tree.json(shared(record, "environment"))
        name = self._exchange(environment, rng)
        record["environment"]["object"] = keep_json(tree, place, environment)
        tree.write_json(place, record)
        return f"{place}: {name}"

    def _exchange(self, environment: Json, rng: random.Random) -> str:
        name = pick(rng, ("numpy", "scikit-learn", "scipy", "safetensors", "threadpoolctl"))
        environment["packages"][name] = "0.0.1"
        return name


class DeterminismRaised(RecordKind):
    """A job that may choose other algorithms is called repeatable to the bit."""

    name = "determinism-raised"
    artefact = "environment"
    naive_caught = Caught("ENV-003")
    consistent_caught = Caught("ENV-003")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["determinism"] = None
        return "no class"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Let the job have run with algorithms of any kind, and keep the class."""
        networks = [p for p in training_records(tree) if "/cluster/" not in p]
        place = pick(rng, networks)
        record = tree.json(place)
        environment = tree.json(shared(record, "environment"))
        environment["torch"]["deterministic"] = "default"
        record["environment"]["object"] = keep_json(tree, place, environment)
        tree.write_json(place, record)
        return place


class DeviceAltered(RecordKind):
    """A job on a GPU that is said to have run on the processor."""

    name = "device-altered"
    artefact = "environment"
    naive_caught = Caught("ENV-001")
    consistent_caught = Caught("ENV-003")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["device"] = "cuda"
        return "device"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Let device and environment be those of a GPU, and keep the class bit-equal."""
        place = pick(rng, self.places(tree))
        record = tree.json(place)
        environment = tree.json(shared(record, "environment"))
        record["device"] = environment["device"] = "cuda"
        record["environment"]["object"] = keep_json(tree, place, environment)
        tree.write_json(place, record)
        return place


KINDS: tuple[type[Kind], ...] = (
    EnvironmentAltered,
    EnvironmentLost,
    LockExchanged,
    VersionExchanged,
    DeterminismRaised,
    DeviceAltered,
)
