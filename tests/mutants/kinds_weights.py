"""Frauds and accidents in weights that show without a replay."""

from __future__ import annotations

import random
from abc import abstractmethod

import numpy as np

from tests.mutants.forge import reseal
from tests.mutants.kind import Caught, Edit, Kind
from tests.mutants.places import Run
from tests.mutants.tree import Tree, pick

Arrays = dict[str, np.ndarray]


class WeightsKind(Edit):
    """Weights that no network of the method can have."""

    artefact = "weights"
    consistent_caught = Caught("RUN-009")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Alter the weights of a run."""
        run = pick(rng, self.runs(tree))
        arrays = dict(tree.artefact(run.model).arrays)
        place = self.change(arrays, rng)
        tree.write_arrays(run.model, arrays)
        return f"{run.model}: {place}"

    def runs(self, tree: Tree) -> list[Run]:
        """Runs with a network."""
        return tree.trainings

    @abstractmethod
    def change(self, arrays: Arrays, rng: random.Random) -> str:
        """Alter arrays; returns the place."""


class WeightsNotFinite(WeightsKind):
    name = "weights-not-finite"

    def change(self, arrays: Arrays, rng: random.Random) -> str:
        name = pick(rng, sorted(arrays))
        array = arrays[name] = arrays[name].copy()
        array.flat[rng.randrange(array.size)] = pick(rng, (np.nan, np.inf, -np.inf))
        return name


class EncoderWidened(WeightsKind):
    """An encoder with more units than declared."""

    name = "weights-layer-widened"

    def change(self, arrays: Arrays, rng: random.Random) -> str:
        layers = [n for n in sorted(arrays) if "encoder" in n and n.endswith(".weight")]
        name = pick(rng, layers)
        arrays[name] = np.concatenate([arrays[name], arrays[name][:1]])
        return name


class CentroidRemoved(WeightsKind):
    """Fewer centroids than clusters were asked for."""

    name = "weights-centroid-removed"

    def runs(self, tree: Tree) -> list[Run]:
        """Runs with centroids."""
        return tree.runs

    def change(self, arrays: Arrays, rng: random.Random) -> str:
        name = pick(rng, [name for name in sorted(arrays) if name.endswith("centroids")])
        arrays[name] = arrays[name][:-1]
        return name


class LayerRemoved(WeightsKind):
    """A file in which a layer of the network is missing."""

    name = "weights-layer-removed"

    def change(self, arrays: Arrays, rng: random.Random) -> str:
        layers = [n for n in sorted(arrays) if "encoder" in n and n.endswith(".weight")]
        name = pick(rng, layers)
        del arrays[name]
        return name


class WeightsCopied(WeightsKind):
    """The network of one seed under the number of another."""

    name = "weights-seed-copied"
    consistent_caught = Caught("RUN-007")

    def runs(self, tree: Tree) -> list[Run]:
        """Trainings of several seeds."""
        return [run for run in tree.trainings if "-" in run.block]

    def change(self, arrays: Arrays, rng: random.Random) -> str:
        seeds = sorted({name.partition("/")[0] for name in arrays})
        first, second = rng.sample(seeds, 2)
        for name in [name for name in arrays if name.startswith(f"{first}/")]:
            arrays[name.replace(first, second, 1)] = arrays[name]
        return f"{first} as {second}"


class ModelUnrecorded(Kind):
    """Weights whose making no record tells of."""

    name = "weights-without-maker"
    artefact = "weights"
    naive_caught = Caught("RUN-003")
    consistent_caught = Caught("RUN-004")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Take them out of the record of their job."""
        run = self._run(tree, rng)
        place = tree.maker(run.model)
        record = tree.json(place)
        del record["outputs"]["model"]
        tree.write_json(place, record)
        return run.model

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Take them out of the record, and delete them as lost."""
        place = self.naive(tree, rng)
        tree.delete(place)
        reseal(tree)
        return place

    def _run(self, tree: Tree, rng: random.Random) -> Run:
        """A run that others start from."""
        return pick(rng, [run for run in tree.trainings if tree.stage(run) == "pretrain"])


class WeightsTruncated(Edit):
    """Weights that were written half."""

    name = "weights-half-written"
    artefact = "weights"
    consistent_caught = Caught("RUN-009")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Cut a file off."""
        run = pick(rng, tree.trainings)
        content = tree.bytes(run.model)
        tree.write(run.model, content[: rng.randrange(0, len(content) - 4)])
        return run.model


KINDS: tuple[type[Kind], ...] = (
    WeightsNotFinite,
    EncoderWidened,
    CentroidRemoved,
    LayerRemoved,
    WeightsCopied,
    ModelUnrecorded,
    WeightsTruncated,
)
