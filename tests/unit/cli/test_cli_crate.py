"""Tests of clustrace crate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.results_tree import Tree, finish
from typer.testing import CliRunner, Result

from clustrace.cli.main import app
from clustrace.errors import ClustraceError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A foreign repository with results as the current folder."""
    tree = finish(Tree(tmp_path, tmp_path / "results/paper"))
    tree.write("Snakefile", "")
    monkeypatch.chdir(tmp_path)
    return tree


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["crate", *arguments])


def test_the_folder_of_the_results_becomes_the_crate(here: Tree) -> None:
    result = call()
    assert "results/paper/ro-crate-metadata.json: 6 jobs, 2 numbers and arrays" in result.output
    assert json.loads((here.folder / "ro-crate-metadata.json").read_text())["@graph"]


def test_what_is_not_in_the_crate_is_said(here: Tree) -> None:
    here.write("results/paper/runs/dec/predictions", "edited")
    assert "as they changed since: results/paper/runs/dec/predictions" in call().output


def test_large_files_are_copied_only_on_demand(here: Tree) -> None:
    here.write("data/large", "x")
    path = "results/paper/models/large"
    work = lambda: here.write(path, "x" * 1_000_001)  # noqa: E731
    here.job("train", {"x": "data/large"}, {"model": path}, work=work)
    assert f"as they are large: {path}" in call("--output", "small").output
    assert not (here.root / "small/models/large").exists()
    assert (here.root / "small/models/sae").exists()
    assert "large" not in call("--output", "all", "--with-files").output
    assert (here.root / "all/models/large").stat().st_size == 1_000_001


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--with-files"], "name the place with --output"),
        (["--protocol", "none"], "no ledger of protocol 'none'; there are ledgers of paper"),
    ],
)
def test_bad_arguments_are_refused(here: Tree, arguments: list[str], sentence: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, ClustraceError)
    assert sentence in str(result.exception)
    assert not (here.folder / "ro-crate-metadata.json").exists()
