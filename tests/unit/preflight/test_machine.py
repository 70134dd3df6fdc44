"""Threads, memory, disk and GPU of this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clustrace.config.experiment import load_experiment
from clustrace.config.plan import Plan
from clustrace.estimate.estimates import Estimator
from clustrace.estimate.totals import PlanEstimate, estimate_plan
from clustrace.preflight.finding import Finding, State
from clustrace.preflight.machine import machine_findings

ROOT = Path(__file__).parents[3]
Check = Callable[..., dict[str, Finding]]


@pytest.fixture(scope="module")
def estimate() -> PlanEstimate:
    plan = Plan(load_experiment(ROOT, {"protocol": "smoke"}))
    return estimate_plan(Estimator.of(plan), None, 2, on_cluster=False)


@pytest.fixture
def check(estimate: PlanEstimate, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Findings by name, for settings and changes of what the plan takes."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    def look(total: dict[str, Any] | None = None, *, on_cluster: bool = False,
             together: float = 100.0, **given: Any) -> dict[str, Finding]:  # fmt: skip
        changed = estimate.model_copy(
            update={
                "total": estimate.total.model_copy(update=total or {}),
                "memory_at_a_time_mib": together,
            }
        )
        experiment = load_experiment(ROOT, given)
        found = machine_findings(experiment, changed, on_cluster=on_cluster)
        return {each.check: each for each in found}

    return look


def test_a_machine_that_suits(check: Check) -> None:
    found = check(threads=1)
    assert list(found) == ["threads", "memory", "disk"]
    assert {each.state for each in found.values()} == {State.OK}


def test_more_threads_than_cores(check: Check) -> None:
    cores = len(os.sched_getaffinity(0))
    found = check(threads=cores + 1)["threads"]
    assert found.state is State.WARNING
    assert f"set threads={cores} or fewer" in found.sentence


@pytest.mark.parametrize("given", ["0", "many"])
def test_fewer_openmp_threads_than_asked_for(
    check: Check, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    found = check(threads=1)["threads"]
    assert found.state is State.WARNING
    assert f"OMP_NUM_THREADS={given} allows fewer threads than the 1" in found.sentence


def test_memory_that_one_job_or_several_exceed(check: Check) -> None:
    assert check({"peak_memory_mib": 1e9})["memory"].state is State.FAILED
    several = check(together=1e9)["memory"]
    assert (several.state, "run with fewer --cores" in several.sentence) == (State.WARNING, True)


def test_a_disk_that_is_too_full(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3e9))
    assert check({"bytes": 1_000_000_000})["disk"].state is State.OK
    found = check({"bytes": 2_000_000_000})["disk"]
    assert found.state is State.FAILED
    assert found.sentence.startswith("3.0 GB are free where ")
    assert found.sentence.endswith("up to 4.0 GB are needed; free some space.")


def test_a_gpu_is_asked_for_here_only_without_a_cluster(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'RuntimeError: no driver' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(python))
    found = check(device="cuda")["gpu"]
    assert found.state is State.FAILED
    assert "torch sees no GPU here (RuntimeError: no driver); set device=cpu" in found.sentence
    assert list(check(device="cuda", on_cluster=True)) == ["disk"]
    python.write_text("#!/bin/sh\necho 'A100 with CUDA 13.0'\n")
    assert check(device="cuda")["gpu"].sentence == "A100 with CUDA 13.0"
