"""Frauds in true labels, from those that evaluation reads back to the raw data."""

from __future__ import annotations

import random

import numpy as np

from clustrace.data.artefact import smallest_integers
from tests.mutants.faking import any_seed, improved
from tests.mutants.forge import rederive
from tests.mutants.kind import Caught, Kind
from tests.mutants.places import Run
from tests.mutants.tree import Tree, pick


class TruthAltered(Kind):
    """True labels follow the predictions of a run, and all scores are made from them."""

    name = "truth-altered"
    artefact = "true labels"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("DATA-003")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Alter the labels that evaluation reads."""
        run = pick(rng, tree.runs)
        labels = _persuaded(tree, run, rng)
        tree.write_arrays(tree.truth_file(run.dataset), {"labels": smallest_integers(labels)})
        return f"{tree.truth_file(run.dataset)}, after {run.method}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Alter them, and score everything anew."""
        place = self.naive(tree, rng)
        rederive(tree)
        return place


class TruthMerged(Kind):
    """Two classes that no method tells apart count as one."""

    name = "truth-classes-merged"
    artefact = "true labels"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("DATA-003")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Merge two classes."""
        dataset = pick(rng, tree.runs).dataset
        labels = tree.truth(dataset).copy()
        first, second = rng.sample(range(10), 2)
        labels[labels == second] = first
        tree.write_arrays(tree.truth_file(dataset), {"labels": labels})
        return f"{tree.truth_file(dataset)}, {first} and {second}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Merge them, and score everything anew."""
        place = self.naive(tree, rng)
        rederive(tree)
        return place


class PreparedLabelsAltered(Kind):
    """The labels that the truth was copied from are altered, and all that follows."""

    name = "prepared-labels-altered"
    artefact = "true labels"
    naive_caught = Caught("DATA-001")
    consistent_caught = Caught("DATA-004")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Alter the prepared labels."""
        run = pick(rng, tree.runs)
        path = tree.prepared(run.dataset, "labels")
        arrays = tree.artefact(path).arrays
        tree.write_arrays(path, {**arrays, "labels": _persuaded(tree, run, rng)})
        return f"{path}, after {run.method}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Alter them, copy the truth, and score everything anew."""
        place = self.naive(tree, rng)
        rederive(tree)
        return place


class RawLabelsAltered(Kind):
    """The labels of the raw data are altered, and all that follows."""

    name = "raw-labels-altered"
    artefact = "true labels"
    naive_caught = Caught("DATA-001")
    consistent_caught = Caught("DATA-002")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Alter the raw labels."""
        dataset = pick(rng, tree.runs).dataset
        path = tree.raw(dataset)
        arrays = tree.artefact(path).arrays
        labels = arrays["y"].copy()
        chosen = rng.sample(range(len(labels) - 600, len(labels)), rng.randrange(5, 100))
        labels[chosen] = (labels[chosen] + 1) % 10
        tree.write_arrays(path, {**arrays, "y": labels})
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Alter them, prepare the data, copy the truth, and score everything anew."""
        place = self.naive(tree, rng)
        rederive(tree, redone=("prepare", "truth", "evaluate"))
        return place


def _persuaded(tree: Tree, run: Run, rng: random.Random) -> np.ndarray:
    """True labels of which some follow the predictions of a run."""
    truth, labels = tree.truth(run.dataset), tree.labels(run)
    return improved(
        truth, labels[any_seed(tree, run, rng)], rng.uniform(0.02, 0.3), rng.randrange(1 << 30)
    ).astype(np.int64)


KINDS: tuple[type[Kind], ...] = (
    TruthAltered,
    TruthMerged,
    PreparedLabelsAltered,
    RawLabelsAltered,
)
