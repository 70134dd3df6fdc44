"""Label vectors that nobody computed, and what a careful forger makes fit to them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from clustrace.data.artefact import smallest_integers
from tests.mutants.forge import rederive
from tests.mutants.places import FOLDER, Run
from tests.mutants.tree import Tree


def improved(labels: np.ndarray, truth: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Labels of which some that were wrong are right.

    A cluster counts as the class that most of its samples have.

    Args:
        labels: predicted clusters, ``[n]``.
        truth: true classes, ``[n]``.
        share: share of the wrong ones to correct.
        seed: seed of the choice.
    """
    of_cluster = {int(c): np.bincount(truth[labels == c]).argmax() for c in np.unique(labels)}
    of_class = {int(kind): cluster for cluster, kind in of_cluster.items()}
    right = np.array([of_class.get(int(kind), -1) for kind in truth])
    wrong = np.flatnonzero((right >= 0) & (right != labels))
    count = max(1, round(share * len(wrong)))
    chosen = np.random.default_rng(seed).choice(wrong, min(count, len(wrong)), replace=False)
    better = labels.astype(np.int64)
    better[chosen] = right[chosen]
    return smallest_integers(better)


def fake(tree: Tree, run: Run, labels: Mapping[int, np.ndarray]) -> None:
    """Put label vectors in the place of a run's, and make all that is derived from them fit.

    Label vectors over time end in them, the history tells of the changes that these show, and
    embeddings name their clusters; scores, ledger, tables and records follow.
    """
    named = {f"seed-{seed}": vector for seed, vector in labels.items()}
    tree.write_arrays(run.predictions, named)
    if tree.exists(run.trajectory):
        _end_in(tree, run, named)
    for path in sorted(Path(run.file("")).glob("embedding-*.safetensors")):
        _recolour(tree, path.as_posix(), labels)
    rederive(tree)


def _end_in(tree: Tree, run: Run, labels: Mapping[str, np.ndarray]) -> None:
    found = tree.artefact(run.trajectory).arrays
    arrays = {}
    for name, over_time in found.items():
        if name not in labels:
            continue
        wide = over_time.astype(np.int64)
        wide[-1] = labels[name]
        arrays[name] = smallest_integers(wide)
    tree.write_arrays(run.trajectory, arrays)
    rows = tree.rows(run.history)
    for name, over_time in arrays.items():
        seed = name.removeprefix("seed-")
        updates = [row for row in rows if row["seed"] == seed and row["label_change"]]
        updates[-1]["label_change"] = repr(float((over_time[-1] != over_time[-2]).mean()))
    tree.write_rows(rows, run.history)


def _recolour(tree: Tree, path: str, labels: Mapping[int, np.ndarray]) -> None:
    artefact = tree.artefact(path)
    seed = int(artefact.about["seed"])
    if seed not in labels:
        return
    clusters = labels[seed][artefact.arrays["index"]].astype(np.int32)
    tree.write_arrays(path, {**artefact.arrays, "clusters": clusters})


def worst_seed(tree: Tree, run: Run) -> int:
    """The seed of a run with the lowest accuracy."""
    seeds = tree.json(run.metrics)["seeds"]
    return int(min(seeds, key=lambda seed: seeds[seed]["acc"]))


def any_seed(tree: Tree, run: Run, rng: random.Random) -> int:
    """A seed of a run."""
    return rng.choice(sorted(tree.labels(run)))


def failures(*seeds: int) -> dict[str, dict[str, str]]:
    """What an artefact says of seeds that gave no result."""
    outcome = {"status": "diverged", "reason": "the loss is not finite", "origin": FOLDER}
    return {str(seed): dict(outcome) for seed in seeds}
