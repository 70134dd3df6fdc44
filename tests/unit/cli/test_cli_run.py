"""Tests of clustrace.cli.run."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clustrace.cli import run as module
from clustrace.cli.main import app
from clustrace.cli.workflow_run import RunOptions
from clustrace.errors import ClustraceError, ConfigError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def call(monkeypatch):
    """Call ``clustrace run``; exit code and the options that the run was started with."""
    monkeypatch.chdir(ROOT)
    given = []

    def start(plan, options, console):
        given.append(options)
        return 7

    monkeypatch.setattr(module, "run_workflow", start)

    def invoke(*arguments):
        result = CliRunner().invoke(app, ["run", *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, given[-1] if given else result.output

    return invoke


def test_exit_code_is_that_of_the_run(call):
    assert call() == (7, RunOptions())


def test_settings_after_one_config_option(call):
    pairs = ("protocol=smoke", "papers=demonstration", "methods=kmeans")
    expected = RunOptions(pairs, cores="2")
    assert call("--cores", "2", "--config", *pairs)[1] == expected
    assert call("--config", pairs[0], "--cores", "2", "-C", pairs[1], "-C", pairs[2])[1] == expected


def test_what_follows_two_dashes_goes_to_snakemake(call):
    arguments = (
        "--profile",
        "slurm",
        "-n",
        "--",
        "tables",
        "--set-threads",
        "cluster=2",
        "--",
        "x",
    )
    _, options = call(*arguments)
    assert options.profile == "slurm"
    assert options.dry_run
    assert options.pairs == ()
    assert options.extra == ("tables", "--set-threads", "cluster=2", "--", "x")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--config", "protocol=smok"], "did you mean 'smoke'"),
        (["--config", "protocl=smoke"], "did you mean 'protocol'"),
        (["tables"], "write key=value"),
        (["--cores", "some"], "give a number"),
        (["--config", "papers=demonstration", "datasets=usps"], "Nothing to run"),
    ],
)
def test_errors_come_before_snakemake_is_started(call, arguments, message):
    with pytest.raises(ConfigError, match=message):
        call(*arguments)


def test_help(call):
    code, output = call("--help")
    assert code == 0
    assert "--profile" in output


def test_a_cluster_that_is_not_there_is_refused_before_the_run(call, monkeypatch, tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "Snakefile").touch()
    (tmp_path / "slurm").mkdir()
    (tmp_path / "slurm/config.yaml").write_text("jobs: 3\nexecutor: slurm\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ClustraceError, match=r"^Line 2 of slurm/config\.yaml hands"):
        call("--profile", "slurm")
    assert call("--profile", "slurm", "--dry-run")[1].dry_run
    assert call("--profile", "another")[1].profile == "another"
