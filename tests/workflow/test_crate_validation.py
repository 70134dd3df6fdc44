"""RO-Crates before roc-validator, which knows nothing of this project."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clustrace.cli.crate import LARGE
from clustrace.provenance.crate import describe
from clustrace.provenance.crate_writing import write_copy, write_inside
from clustrace.provenance.hash_cache import HashCache
from tests.results_tree import Tree, finish

from .conftest import ROOT

pytestmark = pytest.mark.slow

Faults = Callable[[Path], list[str]]


@pytest.fixture
def foreign(tmp_path: Path) -> Tree:
    """A foreign repository with results: no configuration, no citation, rules of its own."""
    tree = finish(Tree(tmp_path, tmp_path / "results/paper"))
    tree.write("Snakefile", "")
    tree.write("results/paper/with space", "x")
    tree.job("copy", {"x": "results/paper/with space"}, {"y": "results/paper/y # 1"})
    return tree


def test_the_folder_of_the_results_is_a_provenance_run_crate(foreign: Tree, faults: Faults) -> None:
    write_inside(describe(foreign.folder, foreign.root, HashCache(None)), foreign.folder)
    assert faults(foreign.folder) == []


def test_a_zip_without_large_files_is_a_provenance_run_crate(foreign: Tree, faults: Faults) -> None:
    output = foreign.root / "crate.zip"
    write_copy(describe(foreign.folder, foreign.root, HashCache(None), limit=0), output)
    assert faults(output) == []


def test_each_fault_of_a_spoilt_crate_is_found(foreign: Tree, faults: Faults) -> None:
    path = write_inside(describe(foreign.folder, foreign.root, HashCache(None)), foreign.folder)
    content = json.loads(path.read_text())
    entities = {entity["@id"]: entity for entity in content["@graph"]}
    del entities["#job/cluster/dec"]["instrument"]
    del entities["./"]["license"]
    entities["source/Snakefile"]["step"] = []
    (foreign.folder / "runs/dec/metrics.json").unlink()
    path.write_text(json.dumps(content))
    found = "\n".join(faults(foreign.folder))
    for fault in (
        "The Action MUST have an instrument property",
        "MUST have a `license` property",
        "A HowToStep must be referred to from a ComputationalWorkflow via step",
        "does not include the Data Entity 'runs/dec/metrics.json'",
    ):
        assert fault in found


@pytest.mark.parametrize("protocol", ["paper", "paper-cpu"])
def test_the_results_of_this_repository_are_a_provenance_run_crate(
    tmp_path: Path, faults: Faults, protocol: str
) -> None:
    folder = ROOT / "results" / protocol
    if not any((folder / "ledger").glob("*.csv")):
        pytest.skip(f"there are no results under {protocol}")
    write_copy(describe(folder, ROOT, HashCache(None), LARGE), tmp_path / "crate")
    assert faults(tmp_path / "crate") == []
