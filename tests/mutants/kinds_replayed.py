"""Forgeries that are consistent down to the label vectors: only a replay shows them.

Their naive form is one more altered file. In the consistent form the forger made everything fit
that can be computed from what he forged, so that no recomputation from labels can tell.
"""

from __future__ import annotations

import random

import numpy as np

from clustrace.audit.model import Level
from clustrace.data.artefact import smallest_integers
from tests.mutants.faking import any_seed, failures, fake, improved, worst_seed
from tests.mutants.forge import rederive
from tests.mutants.kind import Caught, Kind
from tests.mutants.places import Run
from tests.mutants.tree import Tree, pick

_WEIGHTS = Caught("RUN-013", Level.WEIGHTS)
_RETRAIN = Caught("RUN-014", Level.RETRAIN)


class Replayed(Kind):
    """A forgery that needs a replay, of a run that can be drawn beforehand."""

    artefact = "label vectors"
    naive_caught = Caught("RUN-002")
    consistent_caught = _WEIGHTS

    def run(self, tree: Tree, rng: random.Random) -> Run:
        """The run to forge."""
        return pick(rng, tree.runs)


class LabelsFaked(Replayed):
    """Better labels, with scores, trajectories, histories and all numbers that follow."""

    name = "faked-labels"

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Write the labels alone."""
        run = self.run(tree, rng)
        tree.write_arrays(run.predictions, _named(self._better(tree, run, rng)))
        return run.predictions

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Write them, and make all that follows fit."""
        run = self.run(tree, rng)
        fake(tree, run, self._better(tree, run, rng))
        return run.predictions

    def _better(self, tree: Tree, run: Run, rng: random.Random) -> dict[int, np.ndarray]:
        truth, share = tree.truth(run.dataset), rng.uniform(0.05, 0.4)
        return {s: improved(v, truth, share, s) for s, v in tree.labels(run).items()}


class TruthAsLabels(LabelsFaked):
    """The true labels themselves, swapped in as predictions of a seed."""

    name = "faked-labels-are-truth"

    def _better(self, tree: Tree, run: Run, rng: random.Random) -> dict[int, np.ndarray]:
        seed = any_seed(tree, run, rng)
        return {**tree.labels(run), seed: smallest_integers(tree.truth(run.dataset))}


class MethodsExchanged(LabelsFaked):
    """The labels of a better method under the name of another."""

    name = "faked-labels-of-another-method"

    def _better(self, tree: Tree, run: Run, rng: random.Random) -> dict[int, np.ndarray]:
        beside = [o for o in tree.runs if (o.dataset, o.block) == (run.dataset, run.block)]
        return tree.labels(pick(rng, [other for other in beside if other != run]))


class BitFlipped(Replayed):
    """A high bit of a centroid, and nothing else but its hash."""

    name = "weights-bit-flipped"
    artefact = "weights"
    bit = 27
    array = "centroids"

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Flip it."""
        run = self.run(tree, rng)
        arrays = dict(tree.artefact(run.model).arrays)
        name = pick(rng, [name for name in sorted(arrays) if name.endswith(self.array)])
        values = arrays[name] = arrays[name].copy()
        integers = values.view({4: np.uint32, 8: np.uint64}[values.itemsize])
        place = rng.randrange(values.size)
        offset = self.bit + (values.itemsize - 4) * 8 * (self.bit > 20)
        integers.flat[place] ^= integers.dtype.type(1 << offset)
        tree.write_arrays(run.model, arrays)
        return f"{run.model}: {name}, value {place}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Flip it, and forge the hash wherever the weights are read."""
        place = self.naive(tree, rng)
        rederive(tree)
        return place


class LowBitFlipped(BitFlipped):
    """A low bit of a centroid: the labels stay the same, the training would end elsewhere."""

    name = "weights-low-bit-flipped"
    bit = 1
    consistent_caught = _RETRAIN


class CentroidsOfTruth(Replayed):
    """Centroids at the means of the true classes, and the labels that they give."""

    name = "faked-weights-and-labels"
    artefact = "weights"
    consistent_caught = _RETRAIN

    def run(self, tree: Tree, rng: random.Random) -> Run:
        """A run of k-means on the features themselves, whose labels are simple to compute."""
        return pick(rng, [run for run in tree.runs if run.method == "kmeans"])

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Write the centroids alone."""
        run = self.run(tree, rng)
        self._write(tree, run)
        return run.model

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Write them and their labels, and make all that follows fit."""
        run = self.run(tree, rng)
        fake(tree, run, self._write(tree, run))
        return run.model

    def _write(self, tree: Tree, run: Run) -> dict[int, np.ndarray]:
        features = tree.artefact(tree.prepared(run.dataset, "features")).arrays["features"]
        truth, labels = tree.truth(run.dataset), tree.labels(run)
        arrays = dict(tree.artefact(run.model).arrays)
        for seed in labels:
            name = f"seed-{seed}/centroids"
            means = [
                features[(truth == k) & _half(len(truth), seed)].mean(axis=0) for k in range(10)
            ]
            order = np.random.default_rng(seed).permutation(10)
            arrays[name] = np.stack(means)[order].astype(arrays[name].dtype)
            distances = ((features[:, None] - arrays[name][None]) ** 2).sum(axis=2)
            labels[seed] = smallest_integers(distances.argmin(axis=1))
        tree.write_arrays(run.model, arrays)
        return labels


def _half(count: int, seed: int) -> np.ndarray:
    """Half of the samples, another one for each seed."""
    chosen: np.ndarray = np.random.default_rng(100 + seed).random(count) < 0.5
    return chosen


class SeedBuried(Replayed):
    """The worst seed is said to have diverged, and its network is gone, too."""

    name = "faked-divergence"
    artefact = "label vectors"
    consistent_caught = _RETRAIN

    def run(self, tree: Tree, rng: random.Random) -> Run:
        """A run of several seeds that no other starts from."""
        leaves = ("kmeans", "dec", "dcec")
        return pick(rng, [r for r in tree.runs if "-" in r.block and r.method in leaves])

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Say so beside the label vectors alone."""
        run = self.run(tree, rng)
        worst = worst_seed(tree, run)
        kept = {s: v for s, v in tree.labels(run).items() if s != worst}
        tree.write_arrays(run.predictions, _named(kept), failures=failures(worst))
        return f"{run.predictions}, seed {worst}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Say so everywhere."""
        run = self.run(tree, rng)
        worst = worst_seed(tree, run)
        for path in (run.predictions, run.model, run.trajectory):
            if tree.exists(path):
                arrays = tree.artefact(path).arrays
                kept = {n: a for n, a in arrays.items() if n.partition("/")[0] != f"seed-{worst}"}
                tree.write_arrays(path, kept, failures=failures(worst))
        if tree.exists(run.history):
            rows = [row for row in tree.rows(run.history) if row["seed"] != str(worst)]
            tree.write_rows(rows, run.history)
        rederive(tree)
        return f"{run.predictions}, seed {worst}"


class LossesSmoothed(Replayed):
    """A history with lower losses, and the curve that follows from it."""

    name = "faked-losses"
    artefact = "history"
    consistent_caught = _RETRAIN

    def run(self, tree: Tree, rng: random.Random) -> Run:
        """A fine-tuning, which has a number of its own in the table."""
        return pick(rng, [run for run in tree.finetunings if run.block.startswith("0")])

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Lower the losses."""
        run = self.run(tree, rng)
        rows = tree.rows(run.history)
        for row in rows:
            if row["loss"]:
                row["loss"] = repr(float(row["loss"]) * rng.uniform(0.5, 0.9))
        tree.write_rows(rows, run.history)
        return run.history

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Lower them, and make ledger and figures fit."""
        place = self.naive(tree, rng)
        rederive(tree, figure="learning-curves")
        return place


def _named(labels: dict[int, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"seed-{seed}": vector for seed, vector in labels.items()}


KINDS: tuple[type[Kind], ...] = (
    LabelsFaked,
    TruthAsLabels,
    MethodsExchanged,
    BitFlipped,
    LowBitFlipped,
    CentroidsOfTruth,
    SeedBuried,
    LossesSmoothed,
)
