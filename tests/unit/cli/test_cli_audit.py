import json
import os
import shutil

import pytest
from tests.small_results import PROTOCOL, build
from typer.testing import CliRunner

from clustrace.audit.registry import CHECKS
from clustrace.cli.main import app

ADDRESS = "mini.table1.idec.digits.acc"


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    root = tmp_path_factory.mktemp("honest")
    build(root)
    return root


@pytest.fixture
def call(honest, tmp_path, monkeypatch):
    """Calls `clustrace audit` in a folder of results."""
    shutil.copytree(honest, tmp_path, copy_function=os.link, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["audit", *arguments])


def test_honest_results_exit_with_0(call, tmp_path, monkeypatch):
    (tmp_path / "results" / PROTOCOL / "tables").joinpath("deeper").mkdir()
    monkeypatch.chdir(tmp_path / "results" / PROTOCOL)
    result = call()
    assert result.exit_code == 0
    assert "All required checks of level predictions hold." in result.stdout


def test_a_broken_check_exits_with_1_and_its_id(call, tmp_path):
    (tmp_path / f"results/{PROTOCOL}/runs/digits/idec/0/metrics.json").unlink()
    result = call("--protocol", PROTOCOL, "--format", "json")
    assert result.exit_code == 1
    checks = json.loads(result.stdout)["protocols"][0]["checks"]
    assert "CELL-002" in {check["id"] for check in checks if check["status"] == "failed"}


def test_one_number_is_audited_and_kept(call, tmp_path):
    result = call("--cell", ADDRESS, "--save", "--format", "markdown", "--level", "hashes")
    assert result.exit_code == 0
    kept = (tmp_path / f"results/{PROTOCOL}/evidence/mini.csv").read_text()
    assert [line.split(",")[:2] for line in kept.splitlines()[1:]] == [[ADDRESS, "hashes"]]


def test_an_unknown_number_is_answered_with_the_nearest(call):
    result = call("--cell", "mini.table1.idec.digit.acc")
    assert result.exit_code != 0
    assert ADDRESS in str(result.exception)


def test_a_folder_without_results_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["audit"])
    assert result.exit_code != 0
    assert "Snakefile" in str(result.exception)


@pytest.mark.parametrize("form", ["columns", "json", "markdown"])
def test_checks_are_listed_without_results(tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["audit", "--checks", "--format", form])
    assert result.exit_code == 0
    for check in CHECKS:
        assert check.id in result.stdout and check.title in result.stdout
