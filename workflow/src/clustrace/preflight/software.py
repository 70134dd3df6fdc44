"""Checks of the installed software against the lock."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from clustrace.preflight.finding import Finding, failed, ok, warning

_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)(.*)$")
#: Without these nothing runs, or on a cluster nothing is handed in.
_NEEDED = ("snakemake", "snakemake-executor-plugin-slurm", "torch")
_SHOWN = 5
_REMEDY = "install the lock again: make env"


def software_findings(root: Path) -> Iterator[Finding]:
    """What is installed, beside envs/lock.txt."""
    lock = root / "envs" / "lock.txt"
    pins = _pins(lock)
    if not pins:
        yield warning("software", f"{lock} cannot be read; restore it with git.")
        return
    missing = [name for name in _NEEDED if name in pins and _version(name) is None]
    if missing:
        yield failed("software", f"{', '.join(missing)} not installed; {_REMEDY}.")
        return
    others = [
        f"{name} {found} instead of {pinned}"
        for name, pinned in pins.items()
        if (found := _version(name)) is not None and found.partition("+")[0] != pinned
    ]
    if others:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        differing = ", ".join(others[:_SHOWN])
        yield warning("software", f"Not as in {lock}: {differing}{more}; {_REMEDY}.")
        return
    versions = ", ".join(f"{name} {_version(name)}" for name in _NEEDED if name in pins)
    python = ".".join(map(str, sys.version_info[:3]))
    yield ok("software", f"Python {python}, {versions}, all as in {lock}")


def _pins(lock: Path) -> dict[str, str]:
    """Versions by name; of packages that a platform decides about, nothing."""
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found = [match for line in lines if (match := _PIN.match(line))]
    return {match[1]: match[2] for match in found if ";" not in match[3]}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
