"""Frauds and accidents in predicted labels that recomputation from labels shows."""

from __future__ import annotations

import gzip
import random

import numpy as np

from tests.mutants.faking import any_seed, failures, fake, improved, worst_seed
from tests.mutants.forge import rederive, reseal
from tests.mutants.kind import Caught, Kind
from tests.mutants.places import Run
from tests.mutants.tree import Tree, pick


class LabelsKind(Kind):
    """Label vectors that are not those of the run."""

    artefact = "label vectors"
    naive_caught = Caught("RUN-002")


class LabelsAltered(LabelsKind):
    """Some labels are corrected, and the scores stay; the hashes are forged."""

    name = "labels-altered"
    consistent_caught = Caught("CELL-002")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Correct some labels of a seed."""
        run = pick(rng, tree.runs)
        seed, truth = any_seed(tree, run, rng), tree.truth(run.dataset)
        labels = tree.labels(run)
        share = rng.uniform(0.01, 0.3)
        labels[seed] = improved(labels[seed], truth, share, rng.randrange(1 << 30))
        tree.write_arrays(run.predictions, {f"seed-{s}": vector for s, vector in labels.items()})
        return f"{run.predictions}, seed {seed}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Correct them, and forge the hashes alone."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class LabelsExchanged(LabelsKind):
    """The label vectors of two methods, exchanged as files; the scores stay."""

    name = "labels-files-exchanged"
    consistent_caught = Caught("CELL-002")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Exchange them."""
        run = pick(rng, tree.runs)
        beside = [o for o in tree.runs if (o.dataset, o.block) == (run.dataset, run.block)]
        other = pick(rng, [other for other in beside if other != run])
        first, second = tree.bytes(run.predictions), tree.bytes(other.predictions)
        tree.write(run.predictions, second)
        tree.write(other.predictions, first)
        return f"{run.predictions} and {other.predictions}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Exchange them, and forge the hashes alone."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class SeedCopied(LabelsKind):
    """The label vector of one seed stands under another one, and all else follows."""

    name = "labels-seed-counted-twice"
    consistent_caught = Caught("RUN-007")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Copy the vector."""
        run, seeds = self._chosen(tree, rng)
        labels = tree.labels(run)
        labels[seeds[1]] = labels[seeds[0]]
        tree.write_arrays(run.predictions, {f"seed-{s}": vector for s, vector in labels.items()})
        return f"{run.predictions}, seed {seeds[0]} as {seeds[1]}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Copy it, and make all else fit."""
        run, seeds = self._chosen(tree, rng)
        fake(tree, run, {**tree.labels(run), seeds[1]: tree.labels(run)[seeds[0]]})
        return f"{run.predictions}, seed {seeds[0]} as {seeds[1]}"

    def _chosen(self, tree: Tree, rng: random.Random) -> tuple[Run, list[int]]:
        run = pick(rng, [run for run in tree.runs if len(tree.labels(run)) > 1])
        return run, rng.sample(sorted(tree.labels(run)), 2)


class SeedRemoved(LabelsKind):
    """The worst seed of a run has no label vector, and all else follows."""

    name = "labels-worst-seed-removed"
    consistent_caught = Caught("RUN-006")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Remove the vector."""
        run = self._run(tree, rng)
        labels = tree.labels(run)
        del labels[worst_seed(tree, run)]
        tree.write_arrays(run.predictions, {f"seed-{s}": vector for s, vector in labels.items()})
        return run.predictions

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Remove it, and make all else fit."""
        run = self._run(tree, rng)
        labels = tree.labels(run)
        del labels[worst_seed(tree, run)]
        fake(tree, run, labels)
        return run.predictions

    def _run(self, tree: Tree, rng: random.Random) -> Run:
        return pick(rng, [run for run in tree.runs if len(tree.labels(run)) > 1])


class SeedDeclaredFailed(LabelsKind):
    """The worst seed is said to have diverged, while its network is there."""

    name = "labels-seed-declared-failed"
    consistent_caught = Caught("RUN-006")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Say so beside the label vectors."""
        run = pick(rng, tree.runs)
        return self._declare(tree, run)

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Say so, and make all else fit."""
        run = pick(rng, [run for run in tree.runs if len(tree.labels(run)) > 1])
        place = self._declare(tree, run)
        if tree.exists(run.trajectory):
            arrays = tree.artefact(run.predictions).arrays
            over_time = tree.artefact(run.trajectory).arrays
            tree.write_arrays(run.trajectory, {name: over_time[name] for name in arrays})
        rederive(tree)
        return place

    def _declare(self, tree: Tree, run: Run) -> str:
        labels, worst = tree.labels(run), worst_seed(tree, run)
        named = {f"seed-{s}": vector for s, vector in labels.items() if s != worst}
        tree.write_arrays(run.predictions, named, failures=failures(worst))
        return f"{run.predictions}, seed {worst}"


class LabelsDeleted(LabelsKind):
    """A file of label vectors is gone; the scores are said to be enough."""

    name = "labels-deleted"
    consistent_caught = Caught("RUN-004")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Delete it."""
        run = pick(rng, tree.runs)
        tree.delete(run.predictions)
        return run.predictions

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Delete it, and take it out of the record of its job."""
        run = pick(rng, tree.runs)
        place = tree.maker(run.predictions)
        tree.delete(run.predictions)
        record = tree.json(place)
        del record["outputs"]["predictions"]
        tree.write_json(place, record)
        reseal(tree)
        return run.predictions


class LabelsTruncated(LabelsKind):
    """Label vectors that were written half."""

    name = "labels-half-written"
    consistent_caught = Caught("CELL-002")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Cut a file off."""
        run = pick(rng, tree.runs)
        content = tree.bytes(run.predictions)
        tree.write(run.predictions, content[: rng.randrange(0, len(content) - 9)])
        return run.predictions

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Cut it off, and forge its hash."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class LabelsRotten(LabelsKind):
    """A bit inside the compressed label vectors flipped on the disk."""

    name = "labels-bit-flipped"
    consistent_caught = Caught("CELL-002")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Flip a bit of the labels themselves, behind the header."""
        run = pick(rng, tree.runs)
        content = bytearray(gzip.decompress(tree.bytes(run.predictions)))
        start = 8 + int.from_bytes(content[:8], "little")
        place = rng.randrange(start, len(content))
        content[place] ^= 1 << rng.randrange(8)
        tree.write(run.predictions, gzip.compress(bytes(content), 9, mtime=0))
        return f"{run.predictions}, byte {place}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Flip it, and let the hash be that of the rotten file."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class HardSamplesDropped(LabelsKind):
    """Samples that all methods get wrong are taken out of predictions and truth."""

    name = "labels-hard-samples-dropped"
    consistent_caught = Caught("DATA-003")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Take some samples out of one run's label vectors."""
        run = pick(rng, tree.runs)
        keep = self._keep(tree, run.dataset, rng)
        arrays = tree.artefact(run.predictions).arrays
        tree.write_arrays(run.predictions, {name: array[keep] for name, array in arrays.items()})
        return f"{run.predictions}, {int((~keep).sum())} samples"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Take them out of the truth and of all runs on the data set."""
        dataset = pick(rng, tree.runs).dataset
        keep = self._keep(tree, dataset, rng)
        for run in (run for run in tree.runs if run.dataset == dataset):
            for path in (run.predictions, run.trajectory):
                if tree.exists(path):
                    arrays = tree.artefact(path).arrays
                    cut = {name: array[..., keep] for name, array in arrays.items()}
                    tree.write_arrays(path, cut)
        path = tree.truth_file(dataset)
        tree.write_arrays(path, {"labels": tree.truth(dataset)[keep]})
        rederive(tree)
        return f"{path}, {int((~keep).sum())} samples"

    def _keep(self, tree: Tree, dataset: str, rng: random.Random) -> np.ndarray:
        count = len(tree.truth(dataset))
        keep = np.ones(count, dtype=bool)
        keep[rng.sample(range(count), rng.randrange(1, count // 10))] = False
        return keep


KINDS: tuple[type[Kind], ...] = (
    LabelsAltered,
    LabelsExchanged,
    SeedCopied,
    SeedRemoved,
    SeedDeclaredFailed,
    LabelsDeleted,
    LabelsTruncated,
    LabelsRotten,
    HardSamplesDropped,
)
