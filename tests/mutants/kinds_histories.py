"""Frauds and accidents in histories that show without a replay."""

from __future__ import annotations

import random
from abc import abstractmethod

from tests.mutants.forge import rederive
from tests.mutants.kind import Caught, Edit, Kind
from tests.mutants.places import Run
from tests.mutants.tree import Row, Tree, pick


class HistoryKind(Edit):
    """A history that does not tell the training."""

    artefact = "history"
    consistent_caught = Caught("RUN-011")

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Alter the history of a training."""
        run = pick(rng, self.runs(tree))
        rows = tree.rows(run.history)
        place = self.change(rows, rng)
        tree.write_rows(rows, run.history)
        return f"{run.history}: {place}"

    def runs(self, tree: Tree) -> list[Run]:
        """Trainings."""
        return tree.trainings

    @abstractmethod
    def change(self, rows: list[Row], rng: random.Random) -> str:
        """Alter rows; returns the place."""


def _of_one_seed(rows: list[Row], rng: random.Random) -> list[Row]:
    seed = pick(rng, sorted({row["seed"] for row in rows}))
    return [row for row in rows if row["seed"] == seed]


class HistoryCutOff(HistoryKind):
    """The end of a training is missing, where it went wrong."""

    name = "history-cut-off"

    def change(self, rows: list[Row], rng: random.Random) -> str:
        mine = _of_one_seed(rows, rng)
        for row in mine[-rng.randrange(1, len(mine) - 1) :]:
            rows.remove(row)
        return f"seed {mine[0]['seed']}"


class HistorySeedRemoved(HistoryKind):
    """A seed has no history."""

    name = "history-seed-removed"

    def runs(self, tree: Tree) -> list[Run]:
        """Trainings of several seeds."""
        return [run for run in tree.trainings if "-" in run.block]

    def change(self, rows: list[Row], rng: random.Random) -> str:
        mine = _of_one_seed(rows, rng)
        for row in mine:
            rows.remove(row)
        return f"seed {mine[0]['seed']}"

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Remove it, and forge the hashes; scores cannot be made without it."""
        place = self.edit(tree, rng)
        rederive(tree, redone=())
        return place


class HistoryNotFinite(HistoryKind):
    name = "history-nan"

    def change(self, rows: list[Row], rng: random.Random) -> str:
        row = pick(rng, [row for row in rows if row["loss"]])
        row["loss"] = pick(rng, ("nan", "inf"))
        return f"seed {row['seed']}, iteration {row['iteration']}"


class HistoryChangesAltered(HistoryKind):
    """Labels that settle sooner than the label vectors over time do."""

    name = "history-changes-altered"

    def runs(self, tree: Tree) -> list[Run]:
        """Fine-tunings."""
        return tree.finetunings

    def change(self, rows: list[Row], rng: random.Random) -> str:
        moving = [r for r in rows if r["label_change"] and float(r["label_change"]) > 0]
        row = pick(rng, moving)
        row["label_change"] = repr(float(row["label_change"]) / 10)
        return f"seed {row['seed']}, iteration {row['iteration']}"


class HistoryShortened(HistoryKind):
    """Iterations counted as half as many, so that a method seems to converge sooner."""

    name = "history-iterations-halved"

    def runs(self, tree: Tree) -> list[Run]:
        """Fine-tunings."""
        return tree.finetunings

    def change(self, rows: list[Row], rng: random.Random) -> str:
        mine = _of_one_seed(rows, rng)
        for row in mine:
            row["iteration"] = str(int(row["iteration"]) // 2)
        return f"seed {mine[0]['seed']}"


KINDS: tuple[type[Kind], ...] = (
    HistoryCutOff,
    HistorySeedRemoved,
    HistoryNotFinite,
    HistoryChangesAltered,
    HistoryShortened,
)
