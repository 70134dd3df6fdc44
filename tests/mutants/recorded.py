"""Records of the jobs of a finished project, and kinds that alter one of them."""

from __future__ import annotations

import random
from abc import abstractmethod

from tests.mutants.kind import Edit
from tests.mutants.places import FOLDER
from tests.mutants.tree import Json, Tree, pick

_LEARNING = ("cluster", "pretrain", "initialise", "finetune")


def training_records(tree: Tree) -> list[str]:
    """Records of jobs that learn."""
    return [place for place in tree.records if tree.json(place)["rule"] in _LEARNING]


def result_records(tree: Tree) -> list[str]:
    """Records of jobs of the protocol, without those that make data."""
    return [place for place in tree.records if place.startswith(FOLDER)]


class RecordKind(Edit):
    """A record that does not tell what was done."""

    artefact = "record"

    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Alter a record."""
        place = pick(rng, self.places(tree))
        record = tree.json(place)
        what = self.change(tree, record, rng)
        tree.write_json(place, record)
        return f"{place}: {what}"

    def places(self, tree: Tree) -> list[str]:
        """Records that can be altered so."""
        return training_records(tree)

    @abstractmethod
    def change(self, tree: Tree, record: Json, rng: random.Random) -> str:
        """Alter a record; returns what was altered."""
