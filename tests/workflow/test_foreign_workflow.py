"""Explain, audit, impact, diff and crate for any workflow with records and a ledger."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, Project

SNAKEFILE = Path(__file__).parent / "foreign/Snakefile"
ADDRESS = "coins.t1.fair.heads.share"

pytestmark = pytest.mark.slow

Faults = Callable[[Path], list[str]]


@pytest.fixture(scope="module")
def coins(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished run of the workflow in a folder with nothing else."""
    folder = tmp_path_factory.mktemp("coins")
    shutil.copy(SNAKEFILE, folder)
    (folder / "workflow").mkdir()
    (folder / "workflow/src").symlink_to(ROOT / "workflow/src")
    project = Project(folder)
    project.run()
    return project


def clustrace(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    call = "from clustrace.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", call, *arguments],
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
    )


def answer(project: Project, *arguments: str) -> Any:
    done = clustrace(project, *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_number_is_explained(coins: Project) -> None:
    found = answer(coins, "explain", ADDRESS)
    assert [list(run["values"]) for run in found["runs"]] == [["0"], ["1"]]
    assert [job["rule"] for job in found["jobs"]] == ["throw", "count"] * 2
    assert found["status"] == "ok"
    output = clustrace(coins, "explain", ADDRESS).stdout
    assert "seed 1" in output and "throws 1000" in output


def test_an_edit_reaches_its_numbers(coins: Project) -> None:
    (found,) = answer(coins, "impact", "results/paper/runs/1/coins.txt")["protocols"]
    assert [job["rule"] for job in found["jobs"]] == ["count", "ledger"]
    assert found["numbers"] == [ADDRESS]


def test_a_changed_number_has_its_cause(coins: Project, tmp_path: Path) -> None:
    before = tmp_path / "results/paper"
    shutil.copytree(coins.folder / "results/paper", before)
    other = tmp_path / "coins"
    other.mkdir()
    shutil.copytree(coins.folder / "workflow", other / "workflow", symlinks=True)
    text = SNAKEFILE.read_text(encoding="utf-8").replace('{"throws": 1000}', '{"throws": 10}')
    (other / "Snakefile").write_text(text.replace("range(1000)", "range(10)"), encoding="utf-8")
    Project(other).run()
    (change,) = answer(coins, "diff", str(before), str(other / "results/paper"))["changes"]
    assert {(c["kind"], c["name"], c["before"], c["after"]) for c in change["causes"]} == {
        ("parameter", "throws", "1000", "10")
    }


def test_tampering_is_seen(coins: Project, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(coins.folder, copy, symlinks=True)
    (copy / "results/paper/runs/1/coins.txt").write_text("h" * 1000)
    found = answer(Project(copy), "explain", ADDRESS)
    assert found["problems"] == ["Not as recorded: results/paper/runs/1/coins.txt."]


def test_its_results_are_a_provenance_run_crate(coins: Project, faults: Faults) -> None:
    done = clustrace(coins, "crate", "--output", "crate.zip")
    assert "5 jobs, 1 numbers and arrays" in done.stdout
    assert faults(coins.folder / "crate.zip") == []


def test_its_results_are_audited(coins: Project, tmp_path: Path) -> None:
    found = answer(coins, "audit")
    assert found["ok"]
    (section,) = found["protocols"]
    assert section["confirmed"][ADDRESS]["rung"] == "hashes"
    copy = tmp_path / "copy"
    shutil.copytree(coins.folder, copy, symlinks=True)
    ledger = copy / "results/paper/ledger/coins.csv"
    ledger.write_text(ledger.read_text().replace(",2,0 1,", ",3,0 1,"))
    done = clustrace(Project(copy), "audit")
    assert done.returncode == 1
    assert "CELL-016" in done.stdout and "RUN-002" in done.stdout
