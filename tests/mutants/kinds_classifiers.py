"""Frauds in classification: revealed labels, other parts, turned signs, shorter times."""

from __future__ import annotations

import json
import random
from abc import abstractmethod
from typing import Any

import numpy as np

from clustrace.audit.model import Level
from clustrace.data.artefact import smallest_integers
from clustrace.evaluate.verdicts import judge
from tests.mutants.forge import rederive, reseal
from tests.mutants.kind import Caught, Edit, Kind
from tests.mutants.kinds_cells import LedgerKind
from tests.mutants.places import FOLDER
from tests.mutants.tree import Row, Tree, pick

_VALIDATION, _TEST = 1, 2


def _dataset(tree: Tree) -> str:
    return tree.classifiers[0].dataset


def _prepared(tree: Tree) -> tuple[np.ndarray, np.ndarray]:
    """True labels of all samples, and the part of each."""
    arrays = tree.artefact(tree.prepared(_dataset(tree), "labels")).arrays
    return arrays["labels"], arrays["part"]


class TestLabelsRevealed(Kind):
    """The labels that classifiers learn from have those of the test part among them."""

    name = "test-labels-revealed"
    artefact = "training labels"
    naive_caught = Caught("DATA-001")
    consistent_caught = Caught("LEAK-005")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Reveal some."""
        labels, part = _prepared(tree)
        path = tree.prepared(_dataset(tree), "training-labels")
        shown = tree.artefact(path).arrays["labels"].copy()
        hidden = np.flatnonzero(part == _TEST)
        chosen = np.array(rng.sample(hidden.tolist(), rng.randrange(1, len(hidden) + 1)))
        shown[chosen] = labels[chosen]
        tree.write_arrays(path, {"labels": shown})
        return f"{path}, {len(chosen)} samples"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Reveal them, and forge all hashes."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class AllLabelsLearnt(Kind):
    """A classifier read the labels of all samples."""

    name = "classifier-read-all-labels"
    artefact = "leak"
    naive_caught = Caught("LEAK-001")
    consistent_caught = Caught("LEAK-001")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Let the record say so."""
        place = pick(rng, tree.classifiers).record("classify")
        record = tree.json(place)
        path = tree.prepared(_dataset(tree), "labels")
        described = {"path": path, "sha256": tree.sha256(path), "bytes": tree.size(path)}
        record["inputs"]["training_labels"] = [described]
        tree.write_json(place, record)
        return place

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Let it say so, and forge all hashes."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class PartsMoved(Kind):
    """Test samples that were hard belong to the training part all of a sudden."""

    name = "hard-test-samples-moved"
    artefact = "features"
    naive_caught = Caught("DATA-001")
    consistent_caught = Caught("DATA-004")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Move some."""
        path = tree.prepared(_dataset(tree), "features")
        arrays = dict(tree.artefact(path).arrays)
        part = arrays["part"].copy()
        moved = rng.sample(np.flatnonzero(part == _TEST).tolist(), 5)
        part[moved] = 0
        tree.write_arrays(path, {**arrays, "part": part})
        return f"{path}, {len(moved)} samples"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Move them, and forge all hashes."""
        place = self.naive(tree, rng)
        reseal(tree)
        return place


class TruthOfAnotherPart(Kind):
    """Predictions are held against the labels of validation samples."""

    name = "truth-of-another-part"
    artefact = "true labels"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("DATA-003")

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Put them in the place of the test labels, repeated until there are as many."""
        labels, part = _prepared(tree)
        path = tree.truth_file(_dataset(tree))
        others = np.resize(np.roll(labels[part == _VALIDATION], rng.randrange(99)), sum(part == 2))
        tree.write_arrays(path, {"labels": smallest_integers(others)})
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Put them there, and score everything anew."""
        place = self.naive(tree, rng)
        rederive(tree)
        return place


class ErrorOfAnotherPart(Edit):
    """The error on the validation part is given for that on the test part."""

    name = "error-of-another-part"
    artefact = "metrics"
    consistent_caught = Caught("CELL-002")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Write it into the scores."""
        run = pick(rng, tree.classifiers)
        content = tree.json(run.metrics)
        samples = int((_prepared(tree)[1] == _VALIDATION).sum())
        for scores in content["seeds"].values():
            wrong = rng.randrange(0, max(1, scores["n_errors"] // 3))
            scores |= {"error": wrong / samples, "n_errors": wrong, "n_samples": samples}
        tree.write(run.metrics, json.dumps(content, indent=2, sort_keys=True) + "\n")
        return run.metrics


class ErrorsLearntAway(Kind):
    """Labels that a classifier did not give, nearer to the true ones."""

    name = "classifier-labels-improved"
    artefact = "label vectors"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("RUN-013", Level.WEIGHTS)

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Correct some."""
        run = pick(rng, tree.classifiers)
        truth = tree.truth(run.dataset)
        named = {}
        for seed, labels in tree.labels(run).items():
            better = labels.astype(np.int64)
            wrong = np.flatnonzero(better != truth)
            chosen = wrong[: rng.randrange(1, len(wrong) + 1)]
            better[chosen] = truth[chosen]
            named[f"seed-{seed}"] = smallest_integers(better)
        tree.write_arrays(run.predictions, named)
        return run.predictions

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Correct them, and score everything anew."""
        place = self.naive(tree, rng)
        rederive(tree)
        return place


class DirectionTurned(LedgerKind):
    """More errors count as better: the lead of a comparison has the other sign."""

    name = "direction-of-errors-turned"
    artefact = "claim"
    consistent_caught = Caught("CELL-008")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        row = next(r for r in rows if r["kind"] == "comparison" and r["metric"] == "error")
        row["value"] = repr(-float(row["value"]))
        sign, rest = row["printed"][0], row["printed"][1:]
        row["printed"] = {"+": "-", "-": "+"}[sign] + rest
        ahead, _, behind = row["aggregation"].rpartition(" minus ")
        row["aggregation"] = f"{ahead.rpartition(' ')[0]} {behind} minus {ahead.split()[-1]}"
        return row["address"]


class SecondsShortened(LedgerKind):
    """A time in the ledger that no record has."""

    name = "seconds-shortened"
    artefact = "ledger cell"
    consistent_caught = Caught("CELL-003")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        cells = [r for r in rows if r["kind"] == "cell" and r["metric"] == "seconds" and r["value"]]
        row = pick(rng, cells)
        shorter = float(row["value"]) * rng.uniform(0.01, 0.5)
        spread = float(row["std"])
        row["value"], row["printed"] = repr(shorter), f"{shorter:.1f} ± {spread:.1f}"
        if row["published"]:
            row["difference"] = repr(shorter - float(row["published"]))
        return row["address"]


class RatioToSlower(LedgerKind):
    """A ratio of seconds is divided by more than the row took that it is relative to."""

    name = "ratio-to-slower-row"
    artefact = "ledger cell"
    consistent_caught = Caught("CELL-003")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        cells = [r for r in rows if r["kind"] == "cell" and r["metric"] == "ratio"]
        row = pick(rng, [r for r in cells if r["value"] and r["published"]])
        factor = rng.uniform(0.2, 0.9)
        value, spread = float(row["value"]) * factor, float(row["std"]) * factor
        published = float(row["published"])
        row["value"], row["std"] = repr(value), repr(spread)
        row["printed"], row["difference"] = f"{value:.1f} ± {spread:.1f}", repr(value - published)
        if row["verdict"]:
            row["verdict"] = judge([value] * 3, published, unit="ratio", decimals=1,
                                   protocol=row["protocol"], verdicts=True).kind or ""  # fmt: skip
        return row["address"]


class RunsDividedByLeftOut(LedgerKind):
    """A ratio does not say which runs it is divided by."""

    name = "ratio-without-its-base"
    artefact = "ledger cell"
    consistent_caught = Caught("CELL-009")

    @staticmethod
    def change(tree: Tree, rows: list[Row], rng: random.Random) -> str:
        cells = [r for r in rows if r["kind"] == "cell" and r["metric"] == "ratio"]
        row = pick(rng, [r for r in cells if r["value"] and r["published"]])
        base = {run for r in cells if not r["published"] for run in r["runs"].split()}
        row["runs"] = " ".join(run for run in row["runs"].split() if run not in base)
        return row["address"]


class FiguresOfNetworks(Kind):
    """What a figure shows of networks is not theirs."""

    artefact = "figure"
    naive_caught = Caught("RUN-002")
    consistent_caught = Caught("CELL-011")

    @staticmethod
    @abstractmethod
    def change(arrays: dict[str, Any], rng: random.Random) -> None:
        """Change the arrays of a file of filters."""

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Change them."""
        path = next(p for p in tree.paths if "/filters-" in p and p.startswith(FOLDER))
        arrays = {name: array.copy() for name, array in tree.artefact(path).arrays.items()}
        self.change(arrays, rng)
        tree.write_arrays(path, arrays)
        return path

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Change them, and let ledger, figure and hashes follow."""
        place = self.naive(tree, rng)
        rederive(tree, figure="filters")
        return place


class FiltersRetouched(FiguresOfNetworks):
    """Filters of a figure that no network has."""

    name = "filters-retouched"

    @staticmethod
    def change(arrays: dict[str, Any], rng: random.Random) -> None:
        arrays["filters"][rng.randrange(len(arrays["filters"]))] *= np.float32(0.5)


class CoherenceLowered(FiguresOfNetworks):
    """Filters are said to be less alike than they are."""

    name = "coherence-lowered"

    @staticmethod
    def change(arrays: dict[str, Any], rng: random.Random) -> None:
        arrays["coherence"] = arrays["coherence"] * rng.uniform(0.1, 0.9)


KINDS: tuple[type[Kind], ...] = (
    TestLabelsRevealed,
    AllLabelsLearnt,
    PartsMoved,
    TruthOfAnotherPart,
    ErrorOfAnotherPart,
    ErrorsLearntAway,
    DirectionTurned,
    SecondsShortened,
    RatioToSlower,
    RunsDividedByLeftOut,
    FiltersRetouched,
    CoherenceLowered,
)
