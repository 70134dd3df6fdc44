"""What an honest variation is: results that no audit may object to."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from tests.mutants.tree import Tree


class Honest(ABC):
    """A variation of honest results."""

    name: ClassVar[str]

    @abstractmethod
    def vary(self, tree: Tree, rng: random.Random) -> str:
        """Vary the results; returns the place for the report."""

    @contextmanager
    def audited(self, folder: Path) -> Iterator[Path]:
        """Where the varied results are audited; ``folder`` is for temporary files."""
        yield Path()
