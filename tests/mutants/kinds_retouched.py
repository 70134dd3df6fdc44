"""Embeddings and pictures made anew to please: only a replay shows them."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from clustrace.audit.model import Level
from tests.mutants.base import PAPER
from tests.mutants.forge import rederive, reseal
from tests.mutants.kind import Caught, Kind
from tests.mutants.kinds_figures import embeddings
from tests.mutants.kinds_replayed import Replayed
from tests.mutants.places import FOLDER
from tests.mutants.tree import Tree, pick


class EmbeddingFaked(Replayed):
    """Points of a map drawn to the middle of their clusters, and the figure that follows."""

    name = "faked-embedding"
    artefact = "figure"
    consistent_caught = Caught("RUN-015", Level.WEIGHTS)

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Move the points of a map."""
        path = pick(rng, embeddings())
        arrays = dict(tree.artefact(path).arrays)
        points, clusters = arrays["points"].copy(), arrays["clusters"]
        for cluster in np.unique(clusters):
            inside = clusters == cluster
            points[inside] = 0.5 * points[inside] + 0.5 * points[inside].mean(axis=0)
        tree.write_arrays(path, {**arrays, "points": points})
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Move them, and make ledger and figures fit."""
        place = self.naive(tree, rng)
        rederive(tree, figure="embeddings")
        return place


class FigureRetouched(Replayed):
    """A picture that was retouched."""

    name = "figure-retouched"
    artefact = "figure"
    consistent_caught = Caught("CELL-018", Level.WEIGHTS)

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Replace a picture in one form."""
        path = pick(rng, self._pictures())
        other = pick(rng, [o for o in self._pictures() if o != path and o[-3:] == path[-3:]])
        tree.write(path, tree.bytes(other))
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Replace it, and forge its hash."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place

    def _pictures(self) -> list[str]:
        folder = Path(FOLDER, "figures", PAPER)
        return sorted(p.as_posix() for p in folder.iterdir() if p.suffix in (".png", ".svg"))


KINDS: tuple[type[Kind], ...] = (EmbeddingFaked, FigureRetouched)
