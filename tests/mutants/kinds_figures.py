"""Frauds and accidents in what figures draw."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from tests.mutants.forge import rederive, reseal
from tests.mutants.kind import Caught, Edit, Kind
from tests.mutants.places import FOLDER
from tests.mutants.settle import changed_ledger
from tests.mutants.tree import Row, Tree, pick


class ArrayKind(Edit):
    """What a figure draws is not what the ledger says."""

    artefact = "figure"
    consistent_caught = Caught("CELL-011")


class ArrayHashAltered(ArrayKind):
    """The ledger names another content of a panel or curve."""

    name = "array-hash-altered"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Alter the hash of an array."""
        return changed_ledger(tree, rng, self.change)

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in rows if row["content_sha256"]])
        row["content_sha256"] = f"{rng.getrandbits(256):064x}"
        return row["address"]


class ArrayCountAltered(ArrayKind):
    """The ledger says that more points were drawn."""

    name = "array-points-altered"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Alter the number of points."""
        return changed_ledger(tree, rng, self.change)

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in rows if row["content_sha256"]])
        row["n"] = str(int(row["n"]) * 10)
        return row["address"]


class CurveSmoothed(ArrayKind):
    """The losses of a training are smoothed, and the ledger keeps the hash of the true ones."""

    name = "array-curve-smoothed"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Lower the losses of a training whose curve is drawn."""
        run = pick(rng, [run for run in tree.trainings if run.block.startswith("0")])
        rows = tree.rows(run.history)
        for row in rows:
            if row["loss"]:
                row["loss"] = repr(float(row["loss"]) * rng.uniform(0.5, 0.9))
        tree.write_rows(rows, run.history)
        return run.history

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Lower them, and forge the hashes of the files alone."""
        place = self.edit(tree, rng)
        reseal(tree)
        return place


class EmbeddingTidied(ArrayKind):
    """Points of an embedding are drawn to the middle of their clusters; the ledger is left."""

    name = "array-embedding-tidied"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Move the points of a panel."""
        path = pick(rng, embeddings())
        arrays = dict(tree.artefact(path).arrays)
        points, clusters = arrays["points"].copy(), arrays["clusters"]
        for cluster in np.unique(clusters):
            inside = clusters == cluster
            points[inside] = 0.5 * points[inside] + 0.5 * points[inside].mean(axis=0)
        tree.write_arrays(path, {**arrays, "points": points})
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Move them, and forge the hashes of the files alone."""
        place = self.edit(tree, rng)
        reseal(tree)
        return place


class EmbeddingExchanged(ArrayKind):
    """The panels of two methods are exchanged, and the figure is drawn so."""

    name = "array-embeddings-exchanged"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Exchange the files of two panels."""
        first, second = rng.sample(embeddings(), 2)
        one, other = tree.bytes(first), tree.bytes(second)
        tree.write(first, other)
        tree.write(second, one)
        return f"{first} and {second}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Exchange them, and make ledger and figures fit."""
        place = self.edit(tree, rng)
        rederive(tree, figure="embeddings")
        return place


class ClustersRecoloured(ArrayKind):
    """The colours of a panel are the true classes, and not the clusters that were found."""

    name = "array-coloured-by-truth"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Colour a panel by the truth."""
        path = pick(rng, embeddings())
        arrays = tree.artefact(path).arrays
        truth = tree.truth(Path(path).parts[-4])[arrays["index"]]
        tree.write_arrays(path, {**arrays, "clusters": truth.astype(np.int32)})
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Colour it so, and make ledger and figures fit."""
        place = self.edit(tree, rng)
        rederive(tree, figure="embeddings")
        return place


def embeddings() -> list[str]:
    """Files of the embeddings that are drawn."""
    return sorted(p.as_posix() for p in Path(FOLDER, "runs").rglob("embedding-*.safetensors"))


KINDS: tuple[type[Kind], ...] = (
    ArrayHashAltered,
    ArrayCountAltered,
    CurveSmoothed,
    EmbeddingTidied,
    EmbeddingExchanged,
    ClustersRecoloured,
)
