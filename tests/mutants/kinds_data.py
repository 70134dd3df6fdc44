"""Frauds and accidents in raw and prepared data."""

from __future__ import annotations

import random

import numpy as np

from tests.mutants.forge import rederive, reseal
from tests.mutants.kind import Caught, Edit, Kind
from tests.mutants.tree import Tree, pick

_PREPARE = ("prepare", "truth", "evaluate")


class DataKind(Edit):
    """Data that are not what the registry says."""

    artefact = "data"
    naive_caught = Caught("DATA-001")

    def dataset(self, tree: Tree, rng: random.Random) -> str:
        """A data set of the results."""
        return pick(rng, tree.runs).dataset


class FeaturesExchanged(DataKind):
    """Features of other samples, of the same shape."""

    name = "data-features-exchanged"
    consistent_caught = Caught("DATA-004")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Shuffle samples of the raw data into the features."""
        path = tree.prepared(self.dataset(tree, rng), "features")
        features = tree.artefact(path).arrays["features"]
        order = np.random.default_rng(rng.randrange(1 << 30)).permutation(len(features))
        tree.write_arrays(path, {"features": features[order]})
        return path


class FeaturesSharpened(DataKind):
    """Each sample is drawn towards the mean of its class, which makes clusters easy to find."""

    name = "data-features-drawn-to-classes"
    consistent_caught = Caught("DATA-004")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Mix samples with the means of their classes."""
        dataset = self.dataset(tree, rng)
        path = tree.prepared(dataset, "features")
        features = tree.artefact(path).arrays["features"]
        truth, share = tree.truth(dataset), np.float32(rng.uniform(0.01, 0.3))
        means = np.stack([features[truth == kind].mean(axis=0) for kind in range(10)])
        mixed = (1 - share) * features + share * means[truth]
        tree.write_arrays(path, {"features": mixed.astype(np.float32)})
        return path


class FeatureBitFlipped(DataKind):
    """A bit of the features flipped on the disk."""

    name = "data-bit-flipped"
    consistent_caught = Caught("DATA-004")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Flip a bit."""
        path = tree.prepared(self.dataset(tree, rng), "features")
        features = tree.artefact(path).arrays["features"].copy()
        bits = features.view(np.uint32)
        place = rng.randrange(bits.size)
        bits.flat[place] ^= np.uint32(1 << rng.randrange(32))
        tree.write_arrays(path, {"features": features})
        return f"{path}, value {place}"


class RawExchanged(DataKind):
    """Other raw data under the same name: rows in another order."""

    name = "data-raw-exchanged"
    consistent_caught = Caught("DATA-002")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Put rows of the raw data in another order."""
        path = tree.raw(self.dataset(tree, rng))
        arrays = tree.artefact(path).arrays
        order = np.random.default_rng(rng.randrange(1 << 30)).permutation(len(arrays["x"]))
        moved = {name: arrays[name][order] for name in ("x", "y")}
        tree.write_arrays(path, {**arrays, **moved})
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Exchange them, prepare the data from them, and score everything anew."""
        place = self.edit(tree, rng)
        rederive(tree, redone=_PREPARE)
        return place


class RawRegisteredAnew(DataKind):
    """Other raw data, of which the record says that they have the content it found."""

    name = "data-fingerprint-forged"
    consistent_caught = Caught("DATA-002")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Brighten some samples of the raw data."""
        path = tree.raw(self.dataset(tree, rng))
        arrays = tree.artefact(path).arrays
        x = arrays["x"].copy()
        chosen = rng.sample(range(len(x)), 50)
        x[chosen] = np.minimum(x[chosen] + 1, 16)
        tree.write_arrays(path, {**arrays, "x": x})
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Brighten them, name their content in the record, and prepare the data from them."""
        from clustrace.data.fingerprint import fingerprint

        path = self.edit(tree, rng)
        arrays = tree.artefact(path).arrays
        place = tree.maker(path)
        record = tree.json(place)
        record["parameters"]["fingerprint"] = fingerprint(arrays["x"], arrays["y"])
        tree.write_json(place, record)
        rederive(tree, redone=_PREPARE)
        return path


class PartExchanged(DataKind):
    """The parts of the raw data are cut elsewhere, so that a data set has other samples."""

    name = "data-part-cut-elsewhere"
    consistent_caught = Caught("DATA-002")

    def dataset(self, tree: Tree, rng: random.Random) -> str:
        """The data set that is a part of its raw data."""
        return "digits-tail"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Exchange samples between the parts; the content's hash does not cover this."""
        path = tree.raw("digits-tail")
        arrays = tree.artefact(path).arrays
        split = arrays["split"].copy()
        count = rng.randrange(10, 200)
        split[:count], split[-count:] = 1, 0
        tree.write_arrays(path, {**arrays, "split": split})
        return f"{path}, {count} samples"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Exchange them, and prepare the data set from them."""
        place = self.edit(tree, rng)
        rederive(tree, redone=_PREPARE)
        return place


class LabelColumn(DataKind):
    """Features with a column of labels."""

    name = "leak-label-column-in-features"
    artefact = "leak"
    consistent_caught = Caught("LEAK-004")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Append the labels to the features, or put them in the file beside them."""
        dataset = self.dataset(tree, rng)
        path = tree.prepared(dataset, "features")
        features = tree.artefact(path).arrays["features"]
        labels = tree.truth(dataset).astype(np.float32)
        if rng.random() < 0.5:
            tree.write_arrays(path, {"features": np.hstack([features, labels[:, None] / 10])})
        else:
            tree.write_arrays(path, {"features": features, "hints": labels})
        return path


class DataTruncated(DataKind):
    """A file of data that was written half."""

    name = "data-half-written"
    consistent_caught = Caught("DATA-004")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Cut prepared features or labels off."""
        path = tree.prepared(self.dataset(tree, rng), pick(rng, ("features", "labels")))
        content = tree.bytes(path)
        tree.write(path, content[: rng.randrange(len(content) // 4, len(content) - 100)])
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Cut them off, and forge the hash."""
        place = self.edit(tree, rng)
        reseal(tree)
        return place


KINDS: tuple[type[Kind], ...] = (
    FeaturesExchanged,
    FeaturesSharpened,
    FeatureBitFlipped,
    RawExchanged,
    RawRegisteredAnew,
    PartExchanged,
    LabelColumn,
    DataTruncated,
)
