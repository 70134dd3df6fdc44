"""Labels that enter what must not see them, and files that no job made."""

from __future__ import annotations

import random
from abc import abstractmethod
from pathlib import Path

import numpy as np

from clustrace.data.artefact import write_artefact
from clustrace.provenance.objects import store_of
from clustrace.provenance.recorder import keep_record
from tests.mutants.forge import reseal
from tests.mutants.kind import Caught, Kind
from tests.mutants.places import FOLDER, Run
from tests.mutants.recorded import training_records
from tests.mutants.tree import Json, Tree, pick


class LeakKind(Kind):
    """A job that learns, and read labels.

    The naive form adds a file to the inputs that the record names; the consistent one also keeps
    the record of the job that made it, and forges all hashes.
    """

    artefact = "leak"
    naive_caught = Caught("LEAK-001")
    consistent_caught = Caught("LEAK-001")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Add the input."""
        return self._leak(tree, rng)

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Add it, with the record behind it."""
        place = self._leak(tree, rng)
        record = tree.json(place)
        for listed in record["inputs"].values():
            for file in listed:
                behind = tree.experiment.layout.record_behind(Path(file["path"]))
                if behind is not None and behind.is_file():
                    record["upstream"][file["path"]] = keep_record(behind, store_of(place))
        tree.write_json(place, record)
        reseal(tree)
        return place

    def _leak(self, tree: Tree, rng: random.Random) -> str:
        place = pick(rng, training_records(tree))
        record = tree.json(place)
        name, path = self.labels(tree, record, rng)
        record["inputs"][name] = [_described(tree, path)]
        tree.write_json(place, record)
        return place

    @abstractmethod
    def labels(self, tree: Tree, record: Json, rng: random.Random) -> tuple[str, str]:
        """Name and path of the file that was read."""


class PreparedLabelsRead(LeakKind):
    name = "leak-prepared-labels"

    def labels(self, tree: Tree, record: Json, rng: random.Random) -> tuple[str, str]:
        return "labels", tree.prepared(record["wildcards"]["dataset"], "labels")


class TruthRead(LeakKind):
    """The true labels under another name."""

    name = "leak-truth-renamed"

    def labels(self, tree: Tree, record: Json, rng: random.Random) -> tuple[str, str]:
        return "weighting", tree.truth_file(record["wildcards"]["dataset"])


class RawRead(LeakKind):
    """The raw data, in which samples and labels stand together."""

    name = "leak-raw-data"

    def labels(self, tree: Tree, record: Json, rng: random.Random) -> tuple[str, str]:
        return "raw", tree.raw(record["wildcards"]["dataset"])


class ScoresRead(LeakKind):
    """Scores of an earlier run, by which to stop at the best iteration."""

    name = "leak-scores"

    def labels(self, tree: Tree, record: Json, rng: random.Random) -> tuple[str, str]:
        runs = [run for run in tree.runs if run.dataset == record["wildcards"]["dataset"]]
        return "schedule", pick(rng, runs).metrics


class LabelsCopied(LeakKind):
    """A copy of the labels among the data, which looks like features."""

    name = "leak-labels-copied"

    def labels(self, tree: Tree, record: Json, rng: random.Random) -> tuple[str, str]:
        dataset = record["wildcards"]["dataset"]
        path = tree.prepared(dataset, "weights")
        tree.write(path, tree.bytes(tree.prepared(dataset, "labels")))
        return "sample_weights", path


class LabelsShown(Kind):
    """A figure that shows no labels, and read them; the record of its job says so."""

    name = "leak-to-a-figure"
    artefact = "leak"
    naive_caught = Caught("LEAK-002")
    consistent_caught = Caught("LEAK-002")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Add true labels to the inputs of a figure."""
        figure = pick(rng, ["learning-curves", "embeddings", "over-time", "intervals"])
        place = f"{FOLDER}/provenance/figure/{tree.paper.slug}/{figure}.json"
        truth = tree.truth_file(pick(rng, tree.runs).dataset)
        return _add_input(tree, place, "shades", truth)

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Add them, and forge all hashes."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class LabelsInitialise(Kind):
    """Centroids at the means of the true classes: labels through a job of another rule."""

    name = "leak-through-another-job"
    artefact = "leak"
    # Of a file that no job made, nobody can tell what it derives from.
    naive_caught = Caught("RUN-004")
    consistent_caught = Caught("LEAK-001")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Let a file of centroids, made from labels, be an input, and no job have made it."""
        run = pick(rng, tree.finetunings)
        path = self._centroids(tree, run)
        return _add_input(tree, run.record("finetune"), "hints", path)

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Let a job with a record have made them, from labels that its inputs name."""
        run = pick(rng, tree.finetunings)
        path = self._centroids(tree, run)
        truth = tree.truth_file(run.dataset)
        maker = tree.json(run.record("evaluate"))
        place = run.record("hint")
        maker |= {"rule": "hint", "path": place, "parameters": {}}
        maker["inputs"] = {"guide": [_described(tree, truth)]}
        maker["outputs"] = {"hints": [_described(tree, path)]}
        began = tree.json(run.record("finetune"))
        maker |= {"start": began["start"], "end": began["start"], "seconds": 0.0}
        tree.write_json(place, maker)
        place = _add_input(tree, run.record("finetune"), "hints", path)
        reseal(tree)
        return place

    def _centroids(self, tree: Tree, run: Run) -> str:
        features = tree.artefact(tree.prepared(run.dataset, "features")).arrays["features"]
        truth = tree.truth(run.dataset)
        means = np.stack([features[truth == kind].mean(axis=0) for kind in range(10)])
        path = run.file("hints.safetensors")
        write_artefact(path, {"hints": means.astype(np.float32)})
        return path


class LabelsReadElsewhere(Kind):
    """A rule beside the declared ones that reads labels."""

    name = "leak-rule-that-reads-labels"
    artefact = "leak"
    naive_caught = Caught("LEAK-002")
    consistent_caught = Caught("LEAK-002")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Let the ledger or a figure read the truth."""
        place = pick(rng, [p for p in tree.records if "/ledger/" in p or "/figure/" in p])
        truth = tree.truth_file(pick(rng, tree.runs).dataset)
        return _add_input(tree, place, "truth", truth)

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Let it, and forge all hashes."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class FileUnrecorded(Kind):
    """A result that no job wrote, put there by hand."""

    name = "file-without-record"
    artefact = "record"
    naive_caught = Caught("RUN-003")
    consistent_caught = Caught("RUN-003")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Put a copy of label vectors where a further run would have them."""
        run = pick(rng, tree.runs)
        path = Run(run.dataset, run.method, "7").predictions
        tree.write(path, tree.bytes(run.predictions))
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Put a table in all forms beside the others."""
        stem = tree.tables[0]
        for form in ("csv", "md", "tex", "html"):
            tree.write(f"{stem}-improved.{form}", tree.bytes(f"{stem}.{form}"))
        return f"{stem}-improved"


def _described(tree: Tree, path: str) -> Json:
    return {"path": path, "sha256": tree.sha256(path), "bytes": tree.size(path)}


def _add_input(tree: Tree, place: str, name: str, path: str) -> str:
    record = tree.json(place)
    record["inputs"][name] = [_described(tree, path)]
    tree.write_json(place, record)
    return place


KINDS: tuple[type[Kind], ...] = (
    PreparedLabelsRead,
    TruthRead,
    RawRead,
    ScoresRead,
    LabelsCopied,
    LabelsShown,
    LabelsInitialise,
    LabelsReadElsewhere,
    FileUnrecorded,
)
