"""``clustrace replay``: what it prints and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.recorded_jobs import record_of, run, write_features
from typer.testing import CliRunner, Result

from clustrace.cli import replay as cli
from clustrace.cli.main import app
from clustrace.provenance.record import read_record


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "repository"
    (folder / "config").mkdir(parents=True)
    (folder / "Snakefile").touch()
    (folder / "config/config.yaml").touch()
    monkeypatch.chdir(folder)
    write_features()
    return folder


def replayed(method: str, *options: str) -> Result:
    return CliRunner().invoke(app, ["replay", str(record_of(method)), "--into", "../x", *options])


def test_the_commands_of_a_record_replay_it(repository: Path) -> None:
    run("kmeans")
    for command in read_record(record_of("kmeans")).replay.model_dump().values():
        given = {"{record}": str(record_of("kmeans")), "{folder}": "../x"}
        argv = [given.get(word, word) for word in command]
        assert argv[0] == "clustrace"
        done = CliRunner().invoke(app, argv[1:])
        assert done.exit_code == 0, done.output
        assert "equal   results/quick/runs/blobs/kmeans/0-1/predictions." in done.output


def test_a_difference_is_said_and_is_no_failure(repository: Path) -> None:
    run("kmeans")
    content = json.loads(record_of("kmeans").read_text())
    content["outputs"]["predictions"][0]["sha256"] = "0" * 64
    content["environment"]["processor"] = "Abacus"
    record_of("kmeans").write_text(json.dumps(content))
    done = replayed("kmeans")
    assert done.exit_code == 0
    assert "DIFFERS results/quick/runs/blobs/kmeans/0-1/predictions" in done.output
    assert "other processor: recorded Abacus, here" in done.output


def test_no_stored_model_has_an_exit_status_of_its_own(repository: Path) -> None:
    run("sec")
    done = replayed("sec", "--from", "weights")
    assert done.exit_code == cli.NOT_APPLICABLE == 3
    assert done.output.startswith("not applicable: clustrace.cluster.sec:SEC stores no model")


def test_first_steps_exit_with_1_if_they_differ(repository: Path) -> None:
    run("sae")
    same = replayed("sae", "--first-steps", "3")
    assert same.exit_code == 0, same.output
    assert "equal   2 rows of the history, up to iteration 3" in same.output
    content = json.loads(record_of("sae").read_text())
    content["parameters"]["arguments"]["learning_rate"] = 0.5
    record_of("sae").write_text(json.dumps(content))
    other = replayed("sae", "--first-steps", "3")
    assert other.exit_code == 1
    assert "DIFFERS seed 0, iteration 3" in other.output
