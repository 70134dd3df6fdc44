"""Tests of clustrace diff."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.results_tree import Tree
from typer.testing import CliRunner, Result

from clustrace.cli.diff import _causes
from clustrace.cli.main import app
from clustrace.errors import ClustraceError
from clustrace.provenance.job_diff import Cause
from clustrace.provenance.ledger_diff import LedgerDiff


@pytest.fixture
def here(finished: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """The tree as the current folder, and before/ with one printed text of it changed."""
    shutil.copytree(finished.folder, finished.root / "before")
    path = finished.root / "before/ledger/paper.csv"
    path.write_text(path.read_text().replace("50.00", "49.00", 1))
    monkeypatch.chdir(finished.root)
    return finished


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["diff", *arguments])


def test_changed_numbers_are_told_with_both_texts(here: Tree) -> None:
    output = call("before", "results/paper").output
    assert "before → results/paper   numbers: 1 changed, 0 added, 0 removed, 1 unchanged" in output
    assert "paper.t.dec.c.acc  49.00 → 50.00" in output
    assert "because of" in output


def test_the_second_side_is_what_lies_on_disk(here: Tree) -> None:
    shutil.copytree(here.folder, here.root / "results/quick")
    output = call("results/paper").output
    assert "results/paper → results on disk   numbers: 0 changed, 0 added, 0 removed" in output


def test_json(here: Tree) -> None:
    found = LedgerDiff.model_validate(
        json.loads(call("before", "results/paper", "--format", "json").output)
    )
    assert [change.address for change in found.changes] == ["paper.t.dec.c.acc"]


def test_unknown_side_is_an_error(here: Tree) -> None:
    assert isinstance(call("nothing").exception, ClustraceError)


def test_causes_of_several_jobs_stand_in_one_line() -> None:
    def cause(kind: str, job: str, name: str, before: str = "1", after: str = "2") -> Cause:
        return Cause.model_validate(
            {"kind": kind, "job": job, "name": name, "before": before, "after": after}
        )

    found = list(
        _causes(
            [
                cause("code", "a", "m.one"),
                cause("code", "a", "m.two", before=""),
                cause("code", "b", "m.one"),
                cause("seeds", "a", "", "0", "0 1"),
                cause("parameter", "a", "rate", after="x" * 50),
                cause("jobs", "c", "", before="", after="record"),
                cause("jobs", "d", "", before="", after="record"),
                cause("jobs", "", "runs", before="", after="run"),
                cause("unexplained", "a", "outputs"),
                *(cause("data", "a", f"file{n}") for n in range(8)),
            ]
        )
    )
    assert found == [
        "code: m.one (a, b)",
        "code: m.two new (a)",
        "seeds: 0 → 0 1 (a)",
        f"parameter: rate 1 → {'x' * 39}… (a)",
        "jobs: only in B (c, d)",
        "jobs: no runs in A",
        "unexplained: other results from the same code, parameters, data and machine (a)",
        "data: " + ", ".join(f"file{n} 1 → 2" for n in range(6)) + " and 2 more (a)",
    ]
