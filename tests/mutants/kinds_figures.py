"""Frauds and accidents in what figures draw."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from clustrace.data.fingerprint import arrays_sha256
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


class FeaturesTidied(ArrayKind):
    """Points of the panel of features are drawn to the middle of their classes."""

    name = "array-features-tidied"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Move the points of the features."""
        (path,) = _drawn("features")
        arrays = dict(tree.artefact(path).arrays)
        points, classes = arrays["points"].copy(), tree.truth(_dataset(path))[arrays["index"]]
        share = rng.uniform(0.2, 0.8)
        for each in np.unique(classes):
            inside = classes == each
            middle = points[inside].mean(axis=0)
            points[inside] = middle + share * (points[inside] - middle)
        tree.write_arrays(path, {**arrays, "points": points})
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Move them, and forge the hashes of the files alone."""
        place = self.edit(tree, rng)
        reseal(tree)
        return place


class OtherFeaturesDrawn(ArrayKind):
    """The panel of features shows an embedding, and ledger and figure fit."""

    name = "array-embedding-as-features"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Put the embedding of a method in the place of the features."""
        (path,) = _drawn("features")
        source = next(each for each in _drawn("dcec") if Path(each).name == Path(path).name)
        arrays = tree.artefact(source).arrays
        names = ("points", "embedding", "index")
        tree.write_arrays(path, {name: arrays[name] for name in names})
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Put it there, and make ledger and figures fit."""
        place = self.edit(tree, rng)
        rederive(tree, figure="classes")
        return place


class ClassesEvened(ArrayKind):
    """A figure of class sizes shows classes of one size, which its ledger has too."""

    name = "array-class-sizes-evened"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Name the array of sizes that are more alike."""
        return changed_ledger(tree, rng, self.change)

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in rows if row["metric"] == "sizes"])
        _, counts = np.unique(tree.truth(row["column"]), return_counts=True)
        counts = np.sort(counts)[::-1].astype(np.int64)
        moved = rng.randrange(1, 4)
        counts[0], counts[-1] = counts[0] - moved, counts[-1] + moved
        row["content_sha256"] = arrays_sha256({"sizes": counts})
        return row["address"]


class SweepRaised(ArrayKind):
    """A line of a sweep lies above the cells of its table."""

    name = "array-sweep-raised"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Name the array of better scores."""
        return changed_ledger(tree, rng, self.change)

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in rows if row["table"] == "intervals"])
        cells = sorted(
            (tree.experiment.arguments(other["row"], "digits")["update_interval"], other)
            for other in rows
            if other["row"] in ("dec", "dcec") and other["kind"] == "cell"
            if (other["column"], other["metric"]) == ("digits", row["metric"])
        )
        content = {
            "parameter": np.array([place for place, _ in cells], dtype=np.float64),
            "mean": np.array([float(cell["value"]) for _, cell in cells]),
            "deviation": np.array([float(cell["std"]) for _, cell in cells]),
        }
        assert row["content_sha256"] == arrays_sha256(content)
        content["mean"] = content["mean"] + rng.uniform(0.001, 0.1)
        row["content_sha256"] = arrays_sha256(content)
        return row["address"]


def embeddings() -> list[str]:
    """Files of the embeddings that are drawn, without those of features."""
    return sorted(set(_drawn("*")) - set(_drawn("features")))


def _drawn(method: str) -> list[str]:
    """Files of what is drawn of a method."""
    return sorted(
        path.as_posix()
        for path in Path(FOLDER, "runs").glob(f"*/{method}/*/embedding-*.safetensors")
    )


def _dataset(path: str) -> str:
    """Data set of the run that a file is of."""
    return Path(path).parts[-4]


KINDS: tuple[type[Kind], ...] = (
    ArrayHashAltered,
    ArrayCountAltered,
    CurveSmoothed,
    EmbeddingTidied,
    EmbeddingExchanged,
    ClustersRecoloured,
    FeaturesTidied,
    OtherFeaturesDrawn,
    ClassesEvened,
    SweepRaised,
)
