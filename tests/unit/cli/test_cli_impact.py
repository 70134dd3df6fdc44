"""Tests of clustrace impact."""

from __future__ import annotations

import json

import pytest
from tests.results_tree import Tree
from typer.testing import CliRunner, Result

from clustrace.cli.main import app
from clustrace.errors import ClustraceError
from clustrace.provenance.impact import Impact


@pytest.fixture
def here(finished: Tree, monkeypatch: pytest.MonkeyPatch) -> Tree:
    monkeypatch.chdir(finished.root)
    return finished


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["impact", *arguments])


def test_jobs_numbers_and_time_are_told(here: Tree) -> None:
    output = call("results/paper/models/sae").output
    assert "protocol paper: 3 of 6 jobs run again (0.0 s recorded)" in output
    assert "1 of 2 numbers may change" in output
    assert "1 cluster, 1 evaluate, 1 ledger" in output
    assert "paper.t.dec.c.acc" in output and "kmeans" not in output


def test_nothing_to_do_is_said(here: Tree) -> None:
    here.write("tests/test_a.py", "")
    assert "nothing runs again" in call("tests/test_a.py").output


def test_json(here: Tree) -> None:
    content = json.loads(call("data/labels", "--format", "json").output)
    assert Impact.model_validate(content).protocols[0].numbers == tuple(
        f"paper.t.{row}.c.acc" for row in ("dec", "kmeans")
    )


def test_a_path_below_the_current_folder_is_meant(
    here: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here.root / "data")
    assert "6 of 6 jobs" in call("features").output


def test_unknown_target_is_an_error(here: Tree) -> None:
    assert isinstance(call("nothing").exception, ClustraceError)
