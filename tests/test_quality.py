"""Formatters, linters, the type checker and the import order, as tests."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


def _check(*command: str) -> None:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-5000:]


def test_ruff_check():
    _check("ruff", "check", ".")


def test_ruff_format():
    _check("ruff", "format", "--check", ".")


def test_snakefmt():
    _check("snakefmt", "--check", "Snakefile", "workflow/Snakefile", "workflow/rules")


def test_import_order():
    _check("lint-imports", "--no-cache")


@pytest.mark.slow
def test_types():
    _check("mypy")


def test_no_unfinished_code():
    marks = ("TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error")
    found = [
        f"{path.relative_to(ROOT)}: {mark}"
        for folder in ("workflow", "tests", "config", "envs")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".smk", ".yaml", ".in"}
        for mark in marks
        if mark in path.read_text(encoding="utf-8")
    ]
    assert not found


def test_adapters_are_short():
    for path in (ROOT / "workflow/scripts").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 40, path
    assert len((ROOT / "Snakefile").read_text(encoding="utf-8").splitlines()) < 60
