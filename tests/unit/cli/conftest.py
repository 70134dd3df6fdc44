"""Results trees for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.results_tree import Tree, finish, finish_seeds


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A repository without results."""
    return Tree(tmp_path, tmp_path / "results/paper")


@pytest.fixture
def finished(tree: Tree) -> Tree:
    """A repository with the results of two methods."""
    return finish(tree)


@pytest.fixture
def seeded(tree: Tree) -> Tree:
    """A repository with a number of two seeds."""
    return finish_seeds(tree)
