"""Programs that answer as those of a cluster do, on the PATH; and profiles."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clustrace.preflight.profile import Profile

PROFILE = """\
executor: slurm
jobs: 20
slurm-status-command: squeue
default-resources:
  slurm_partition: cpu
  slurm_account: lab
set-resources:
  pretrain: {slurm_partition: gpu, gres: "gpu:1"}
  finetune: {slurm_partition: gpu, gres: "gpu:1"}
"""
SINFO = """\
cpu|up|(null)|idle|2
gpu|up|gpu:a100:4(S:0-1)|mixed|1
gpu|up|gpu:a100:4(S:0-1)|down*|1
"""
CONFIG = """\
AccountingStorageType   = accounting_storage/slurmdbd
PreemptType             = preempt/none
"""


class Site:
    """A machine with no other programs than those that a test gives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def program(self, name: str, script: str) -> None:
        """Put a shell script on the PATH."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def says(self, name: str, output: str) -> None:
        """Put a program on the PATH that prints a text."""
        self.program(name, f"cat <<'END'\n{output.rstrip()}\nEND")

    def fails(self, name: str, complaint: str) -> None:
        """Put a program on the PATH that complains."""
        self.program(name, f"echo '{complaint}' >&2\nexit 1")

    def slurm(self) -> Site:
        """A cluster that is as it should be."""
        for name in ("sbatch", "squeue", "scancel", "sacct"):
            self.program(name, "exit 0")
        self.says("sinfo", SINFO)
        self.says("sacctmgr", "lab\nother")
        self.says("scontrol", CONFIG)
        return self


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A machine whose PATH holds a shell, and what the test puts there."""
    folder = tmp_path / "bin"
    site = Site(folder)
    for name in ("sh", "cat", "sleep"):
        (folder / name).symlink_to(os.path.join("/bin", name))
    monkeypatch.setenv("PATH", str(folder))
    return site


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Profile]:
    """Writes and loads slurm/config.yaml; a replacement is an old and a new text."""
    monkeypatch.chdir(tmp_path)

    def load(*replacements: tuple[str, str]) -> Profile:
        text = PROFILE
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "slurm").mkdir(exist_ok=True)
        (tmp_path / "slurm/config.yaml").write_text(text, encoding="utf-8")
        return Profile.load("slurm", Path())

    return load
