"""What a kind of mutant is: a fraud or an accident, in two forms, and who must notice it."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from clustrace.audit.model import Level
from tests.mutants.forge import rederive
from tests.mutants.tree import Tree


class Form(StrEnum):
    """How far the forger went."""

    NAIVE = "naive"
    """One thing is altered, and nothing else."""
    CONSISTENT = "consistent"
    """All that follows from it was made to fit, and all hashes were forged."""


@dataclass(frozen=True)
class Caught:
    """The check that must fail, and the level of the audit at which it does."""

    check: str
    level: Level = Level.PREDICTIONS


class Kind(ABC):
    """A kind of fraud or accident.

    Both forms alter the files at a place drawn from ``rng``, and return the place for the report.
    """

    name: ClassVar[str]
    artefact: ClassVar[str]
    """The kind of file that is altered."""
    naive_caught: ClassVar[Caught]
    consistent_caught: ClassVar[Caught]

    def caught(self, form: Form) -> Caught:
        """What must notice a form, as written down before any was tried."""
        return self.naive_caught if form is Form.NAIVE else self.consistent_caught

    def apply(self, form: Form, tree: Tree, rng: random.Random) -> str:
        """Alter the files; returns the place."""
        return self.naive(tree, rng) if form is Form.NAIVE else self.consistent(tree, rng)

    @abstractmethod
    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Alter one thing."""

    @abstractmethod
    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Alter it, and make all that follows from it fit."""


class Edit(Kind):
    """A kind whose consistent form is the same edit, with all that follows made to fit."""

    naive_caught = Caught("RUN-002")

    @abstractmethod
    def edit(self, tree: Tree, rng: random.Random) -> str:
        """Alter one thing."""

    def naive(self, tree: Tree, rng: random.Random) -> str:
        """Alter one thing."""
        return self.edit(tree, rng)

    def consistent(self, tree: Tree, rng: random.Random) -> str:
        """Alter it, and make all that follows from it fit."""
        place = self.edit(tree, rng)
        rederive(tree)
        return place
