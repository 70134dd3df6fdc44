"""Installed software against the lock."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from clustrace.preflight.finding import State
from clustrace.preflight.software import software_findings

SNAKEMAKE = importlib.metadata.version("snakemake")


@pytest.mark.parametrize(
    ("pins", "state", "said"),
    [
        (f"snakemake=={SNAKEMAKE} \\\n    --hash=sha256:00", State.OK, f"snakemake {SNAKEMAKE}"),
        ("snakemake==1.0 \\", State.WARNING, f"snakemake {SNAKEMAKE} instead of 1.0"),
        ("snakemake==1.0 ; sys_platform == 'win32' \\\nrich==0.1", State.WARNING, "rich "),
        ("snakemake-executor-plugin-slurm-none==1", State.OK, "Python 3."),
        ("nothing", State.WARNING, "cannot be read; restore it with git"),
    ],
)
def test_versions_are_compared_with_the_lock(
    tmp_path: Path, pins: str, state: State, said: str
) -> None:
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs/lock.txt").write_text(pins, encoding="utf-8")
    (found,) = software_findings(tmp_path)
    assert found.state is state
    assert said in found.sentence


def test_a_missing_plugin_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs/lock.txt").write_text("torch==2.0", encoding="utf-8")

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    (found,) = software_findings(tmp_path)
    assert (found.state, found.sentence) == (
        State.FAILED,
        "torch not installed; install the lock again: make env.",
    )
