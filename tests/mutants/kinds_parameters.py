"""Records that tell other parameters or seeds than the run had.

The naive form alters one record; the consistent one alters all that would contradict it.
"""

from __future__ import annotations

import random

from tests.mutants.forge import rederive, reseal
from tests.mutants.kind import Caught, Kind
from tests.mutants.recorded import RecordKind, result_records, training_records
from tests.mutants.tree import Json, Tree, pick


class ParameterAltered(RecordKind):
    """Another number of epochs or iterations than was trained; others keep the true one."""

    name = "record-parameter-altered"
    naive_caught = Caught("RUN-005")
    consistent_caught = Caught("RUN-005")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        arguments = record["parameters"]["arguments"]
        numbers = [
            n for n, v in arguments.items() if isinstance(v, int | float) and n != "momentum"
        ]
        name = pick(rng, sorted(numbers))
        arguments[name] *= pick(rng, (2, 10))
        return f"{name} = {arguments[name]}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Alter it in all records of the method and of those that start from it."""
        method = pick(rng, [run for run in tree.trainings if tree.stage(run) == "pretrain"]).method
        estimator = tree.experiment.methods[method].estimator
        for place in training_records(tree):
            record = tree.json(place)
            for part in (record["parameters"], record["parameters"]["pretrained"] or {}):
                if part.get("estimator") == estimator:
                    part["arguments"]["epochs"] *= 10
            tree.write_json(place, record)
        reseal(tree)
        return f"epochs of {method}"


class PrecisionAltered(RecordKind):
    """A run in bfloat16 that is said to be one in float32, or the other way round."""

    name = "record-precision-altered"
    naive_caught = Caught("RUN-005")
    consistent_caught = Caught("RUN-005")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["precision"] = record["parameters"]["precision"] = "bfloat16"
        return "precision"


class ScaleAltered(RecordKind):
    """Features that entered on another scale."""

    name = "record-input-scale-altered"
    naive_caught = Caught("RUN-005")
    consistent_caught = Caught("RUN-005")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["parameters"]["input_scale"] = 5.1
        return "input_scale"


class ExtraParameter(RecordKind):
    """A parameter that config/ does not know."""

    name = "record-parameter-added"
    naive_caught = Caught("RUN-005")
    consistent_caught = Caught("RUN-005")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["parameters"]["arguments"]["label_smoothing"] = 0.1
        return "label_smoothing"


class PaperAltered(RecordKind):
    """A ledger or table said to be made with other published numbers than config/ has."""

    name = "record-published-altered"
    naive_caught = Caught("RUN-005")
    consistent_caught = Caught("RUN-005")

    def places(self, tree: Tree) -> list[str]:
        """Records of ledger, tables and figures."""
        rules = ("ledger", "table", "figure")
        return [place for place in result_records(tree) if tree.json(place)["rule"] in rules]

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        published = record["parameters"]["published"]
        number = pick(rng, [number for number in published if number["value"]])
        number["value"] += 1
        return f"published {number['row']} {number['column']}"


class LimitAltered(RecordKind):
    """An evaluation said to allow more iterations, so that no training counts as cut off."""

    name = "record-limit-raised"
    naive_caught = Caught("RUN-005")
    consistent_caught = Caught("RUN-005")

    def places(self, tree: Tree) -> list[str]:
        """Records of evaluations of fine-tunings."""
        return [run.record("evaluate") for run in tree.finetunings]

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["parameters"]["max_iterations"] *= 10
        return "max_iterations"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Raise it, and let the scores and the ledger say so."""
        place = self.edit(tree, rng)
        path = tree.outputs(place.partition(":")[0])[0]
        content = tree.json(path)
        for scores in content["seeds"].values():
            scores["capped"] = False
        tree.write_json(path, content)
        rederive(tree)
        return place


class SeedsAltered(RecordKind):
    """Other seeds than were run."""

    name = "record-seeds-altered"
    naive_caught = Caught("RUN-006")
    consistent_caught = Caught("RUN-006")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        shift = rng.randrange(1, 9)
        record["seeds"] = [seed + shift for seed in record["seeds"]]
        return f"seeds {record['seeds']}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Alter them in parameters and generators, too."""
        place = pick(rng, self.places(tree))
        record = tree.json(place)
        self.change(tree, record, rng)
        record["parameters"]["seeds"] = record["seeds"]
        record["generators"]["random_state"] = record["seeds"]
        tree.write_json(place, record)
        reseal(tree)
        return place


class GeneratorSeedsAltered(RecordKind):
    """Generators that were seeded otherwise than the record says elsewhere."""

    name = "record-generator-seeds-altered"
    naive_caught = Caught("RUN-006")
    consistent_caught = Caught("RUN-006")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["generators"] = {"random_state": [rng.randrange(100, 999) for _ in record["seeds"]]}
        return f"generators {record['generators']}"


class OutcomeAltered(RecordKind):
    """A run that ended without a result, while its files are there; or one said to be fine."""

    name = "record-outcome-altered"
    naive_caught = Caught("RUN-012")
    consistent_caught = Caught("RUN-012")

    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        record["outcome"] = {"status": "diverged", "reason": "the loss is not finite", "origin": ""}
        return "outcome"


KINDS: tuple[type[Kind], ...] = (
    ParameterAltered,
    PrecisionAltered,
    ScaleAltered,
    ExtraParameter,
    PaperAltered,
    LimitAltered,
    SeedsAltered,
    GeneratorSeedsAltered,
    OutcomeAltered,
)
