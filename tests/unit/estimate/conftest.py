"""Plans over the repository's configuration, with results of their own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clustrace.config.experiment import load_experiment
from clustrace.config.plan import Plan

ROOT = Path(__file__).parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with configuration and without results."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


@pytest.fixture
def plan(root: Path) -> Callable[..., Plan]:
    """Makes a plan from settings."""
    return lambda **given: Plan(load_experiment(root, given))


@pytest.fixture
def record(root: Path) -> Callable[..., Path]:
    """Writes a record as far as estimates read it."""

    def write(plan: Plan, rule: str, *wildcards: str, **changes: Any) -> Path:
        dataset, method, block = wildcards
        subset = plan.experiment.subset(dataset)
        content = {
            "rule": rule,
            "wildcards": dict(zip(("dataset", "method", "block"), wildcards, strict=True)),
            "parameters": plan.run_settings(dataset, method, block),
            "inputs": {"features": [_file(f"data/processed/{dataset}/{subset}/features")]},
            "outputs": {"model": [_file("model", 1000)]},
            "device": "cpu",
            "threads": 1,
            "outcome": {"status": "ok", "reason": "", "origin": ""},
            "seconds": 100.0,
            "recording_seconds": 0.0,
            "peak_memory_mib": 900.0,
            **changes,
        }
        protocol = plan.experiment.protocol.slug
        path = plan.experiment.layout.record(protocol, rule, *wildcards)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write


def _file(path: str, size: int = 1) -> dict[str, Any]:
    return {"path": path, "sha256": "a" * 64, "bytes": size}
