"""Copies of the project in temporary folders, and Snakemake in them."""

import functools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "workflow", "config", "profiles", "slurm", "envs", "pyproject.toml")
DEMONSTRATION = {"protocol": "smoke", "papers": "demonstration"}


@pytest.fixture(scope="session")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], list[str]]:
    """What roc-validator finds in an RO-Crate, without a network."""
    # Takes long to import, and few tests need it.
    from tests.crate_validator import faults, fill_cache

    cache = tmp_path_factory.mktemp("validator") / "http"
    fill_cache(cache)
    return functools.partial(faults, cache=cache)


class Project:
    """A copy of the project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = ""

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(self.folder / "workflow/src"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
            **more,
        }

    def command(self, *arguments: str, **config: object) -> list[str]:
        pairs = [f"{key}={value}" for key, value in config.items()]
        return [sys.executable, "-m", "snakemake", *arguments, "--config", *pairs]

    def snakemake(
        self, *arguments: str, environment: dict[str, str] | None = None, **config: object
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command("--cores", "2", *arguments, **config),
            cwd=self.folder,
            env=self.environment(**(environment or {})),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
        )

    def run(self, *arguments: str, **config: object) -> str:
        done = self.snakemake(*arguments, **config)
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout

    def planned(self, **config: object) -> dict[str, list[str]]:
        """Jobs of a dry run: rule to the wildcards of its jobs."""
        output = self.run("-n", "--quiet", "host", **config)
        jobs: dict[str, list[str]] = {}
        rule = ""
        # Jobs of a group are indented.
        for line in map(str.strip, output.splitlines()):
            if line.startswith(("rule ", "localrule ")):
                rule = line.split()[1].rstrip(":")
                jobs.setdefault(rule, [])
            elif line.startswith("wildcards: "):
                jobs[rule].append(line.removeprefix("wildcards: "))
        return jobs

    def start(self, *arguments: str, **config: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command("--cores", "1", *arguments, **config),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} no longer contains {old!r}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")


def kill_group(process: subprocess.Popen[str]) -> None:
    """SIGKILL to Snakemake and all its jobs, as when a machine dies."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(condition, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def copy_project(folder: Path) -> Project:
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, folder / part, ignore=ignore)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / part)
    return Project(folder)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh copy."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy with the finished demonstration under protocol smoke; not to be changed."""
    finished = copy_project(tmp_path_factory.mktemp("finished") / "project")
    finished.output = finished.run("--verbose", **DEMONSTRATION)
    return finished


@pytest.fixture
def finished_copy(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished demonstration, with its times, to be changed."""
    folder = tmp_path / "finished"
    shutil.copytree(finished.folder, folder, symlinks=True)
    return Project(folder)
