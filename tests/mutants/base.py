"""The results that mutants are made of: a small project of its own, run by the real workflow.

Its paper is on digits that scikit-learn ships, with networks of a few hundred weights, three seeds
in two blocks, and verdicts; everything else is what the workflow makes of it. The project is a git
repository with two commits, of which the first has other code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
OVERLAY = Path(__file__).resolve().parent / "config"
PROTOCOL = "corpus"
PAPER = "corpus"
#: A module that the first commit has in another form.
OTHER_CODE = "clustrace.evaluate.metrics"

_PARTS = ("Snakefile", "workflow", "config", "profiles", "envs", "pyproject.toml", ".gitignore")
_READY = "ready"
_GIT = ("-c", "user.name=corpus", "-c", "user.email=corpus@localhost", "-c", "commit.gpgsign=false")


def prepared(folder: Path, cores: int = 1) -> Path:
    """The finished project in ``folder``, run there unless an earlier call did so.

    Raises:
        RuntimeError: a command failed; its output is the message.
    """
    if not (folder / _READY).exists():
        shutil.rmtree(folder, ignore_errors=True)
        _copy(folder)
        _configure(folder / "config")
        _commit(folder)
        _run(folder, cores)
        (folder / _READY).touch()
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Environment variables with which commands take the code of the project in ``folder``."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    code = str(folder / "workflow/src")
    return {**os.environ, "PYTHONPATH": code, "PATH": path, "OMP_NUM_THREADS": "1"}


def _copy(folder: Path) -> None:
    folder.mkdir(parents=True)
    for part in _PARTS:
        source = ROOT / part
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(source, folder / part, ignore=ignored)
        else:
            shutil.copy2(source, folder / part)


def _configure(config: Path) -> None:
    """Replace the papers, and add a protocol, a method and data sets."""
    shutil.rmtree(config / "papers")
    shutil.copytree(OVERLAY / "papers", config / "papers")
    for folder in ("protocols", "methods"):
        shutil.copytree(OVERLAY / folder, config / folder, dirs_exist_ok=True)
    registry = config / "datasets.yaml"
    merged = yaml.safe_load(registry.read_text(encoding="utf-8"))
    more: Mapping[str, Mapping[str, object]] = yaml.safe_load(
        (OVERLAY / "datasets.yaml").read_text(encoding="utf-8")
    )
    for part, entries in more.items():
        merged[part] |= entries
    registry.write_text(yaml.safe_dump(merged, sort_keys=False), encoding="utf-8")


def _commit(folder: Path) -> None:
    _call(folder, "git", "init", "--quiet")
    module = folder / "workflow/src" / f"{OTHER_CODE.replace('.', '/')}.py"
    source = module.read_text(encoding="utf-8")
    module.write_text(f"{source}\n\nOTHER = True\n", encoding="utf-8")
    for message in ("Other code", "The code that ran"):
        _call(folder, "git", "add", "--all")
        _call(folder, "git", *_GIT, "commit", "--quiet", "--message", message)
        module.write_text(source, encoding="utf-8")


def _run(folder: Path, cores: int) -> None:
    """Run the workflow, let an audit confirm the numbers, and print the tables with its rungs."""
    chosen = ("--config", f"protocol={PROTOCOL}", "--config", f"papers={PAPER}")
    run = ("clustrace", "run", "--cores", str(cores), *chosen)
    _call(folder, *run)
    _call(folder, "clustrace", "audit", "--protocol", PROTOCOL, "--save")
    _call(folder, *run)


def _call(folder: Path, *command: str) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}")
