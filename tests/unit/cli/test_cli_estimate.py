"""Tests of clustrace estimate."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clustrace.cli.main import app
from clustrace.errors import ClustraceError
from clustrace.estimate.totals import PlanEstimate

ROOT = Path(__file__).parents[3]
DRY_RUN = """
rule pretrain:
    input: data/processed/usps/all/features.safetensors
    jobid: 4
    wildcards: dataset=usps, method=sae, block=0
    resources: tmpdir=/tmp

localrule all:
    jobid: 0
    resources: tmpdir=/tmp
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A repository where Snakemake says what the test lets it say."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    shutil.copytree(ROOT / "results", tmp_path / "results", ignore=lambda *_: {"paper-cpu"})
    (tmp_path / "Snakefile").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments):
    result = CliRunner().invoke(app, ["estimate", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def snakemake(monkeypatch, here, output, status=0):
    """Make a program answer in Snakemake's place."""
    program = here / "program.py"
    program.write_text(f"import sys\nprint({output!r})\nsys.exit({status})\n", encoding="utf-8")
    monkeypatch.setattr(
        "clustrace.cli.dry_run.snakemake_command",
        lambda *given: [sys.executable, str(program), *given],
    )


def test_the_whole_plan(here):
    output = call("--all", "-C", "protocol=paper", "--cores", "2")
    assert output.startswith("Protocol paper, the whole plan: ")
    assert "h on 2 cores" in output
    assert "paper dcec" in output and "table dcec.table1" in output
    assert "counted 100%" in output and "Rates of the CPU are from " in output


def test_json_and_markdown(here):
    content = json.loads(call("--all", "--format", "json", "-C", "papers=demonstration"))
    found = PlanEstimate.model_validate(content)
    assert [paper.name for paper in found.papers] == ["demonstration"]
    text = call("--all", "--format", "markdown", "-C", "papers=demonstration")
    assert f"| all, each job once | {found.total.jobs} |" in text


def test_only_what_snakemake_would_do(here, monkeypatch):
    snakemake(monkeypatch, here, DRY_RUN)
    output = call("-C", "protocol=paper", "-C", "datasets=usps")
    assert output.startswith("Protocol paper, what is to do: 1 job, ")
    assert "rule pretrain" in output and "rule finetune" not in output


def test_nothing_to_do(here, monkeypatch):
    snakemake(monkeypatch, here, "Nothing to be done (all requested files are present).")
    assert call() == "Protocol quick: nothing is to do; --all estimates everything.\n"


def test_a_profile_gives_device_and_jobs_at_a_time(here):
    (here / "slurm").mkdir()
    (here / "slurm/settings.yaml").write_text("device: cuda\n")
    (here / "slurm/config.yaml").write_text(
        "executor: slurm\njobs: 30\nconfigfile: settings.yaml\n"
    )
    found = json.loads(call("--all", "--profile", "slurm", "--format", "json"))
    assert (found["capacity"], found["on_cluster"]) == (30, True)
    assert found["total"]["gpu_hours"] > 0
    own = json.loads(call("--all", "--profile", "slurm", "--format", "json", "-C", "device=cpu"))
    assert own["total"]["gpu_hours"] == 0


def test_snakemake_that_fails_is_said(here, monkeypatch):
    snakemake(monkeypatch, here, "WorkflowError:\nIt is broken.", status=1)
    with pytest.raises(ClustraceError, match=r"cannot tell what is to do: It is broken\."):
        call()
