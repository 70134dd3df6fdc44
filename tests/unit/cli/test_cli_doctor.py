"""Tests of clustrace doctor."""

import json
import shutil
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clustrace.cli.main import app
from clustrace.preflight import doctor as module
from clustrace.preflight.finding import ok

ROOT = Path(__file__).parents[3]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A repository on a machine without SLURM; what its DVC remote says is told elsewhere."""
    for folder in ("config", "envs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "Snakefile").touch()
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data/raw/usps.safetensors").touch()
    (tmp_path / "slurm").mkdir()
    (tmp_path / "slurm/config.yaml").write_text("executor: slurm\nconfig: {device: cuda}\n")
    monkeypatch.setattr(module, "remote_finding", lambda root: ok("dvc remote", "here"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def call(*arguments):
    given = ("-C", "protocol=smoke", "-C", "datasets=usps", "-C", "threads=1")
    result = CliRunner().invoke(app, ["doctor", *given, *arguments])
    return result.exit_code, result.output


def states(output):
    return {each["check"]: each["state"] for each in json.loads(output)}


def test_a_laptop_is_asked_nothing_about_slurm(here):
    status, output = call()
    assert status == 0
    assert output.splitlines()[-1].startswith("A run can start")
    assert "slurm commands" not in output and "usps is there" in output


def test_a_machine_without_slurm_fails_with_its_profile(here):
    status, output = call("--profile", "slurm", "--format", "json")
    assert status == 1
    found = states(output)
    assert found["slurm commands"] == "failed"
    # The GPU is looked for on a node, and there is none.
    assert "gpu" not in found and "node" not in found


def test_each_failed_check_counts(here, monkeypatch):
    def refused(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(socket, "create_connection", refused)
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("CLUSTRACE_MIRROR", raising=False)
    (here / "data/raw/usps.safetensors").unlink()
    status, output = call("--format", "markdown")
    assert status == 1
    assert output.startswith("| State | Check | Found |")
    assert "| failed | data | No source of usps can be reached" in output
    assert call()[1].endswith("1 of 6 checks failed: a run would, too.\n")
