"""Sections of the benchmarks as a whole, on little data."""

from pathlib import Path

import pytest
import torch

from clustrace.bench import conv, dcn, dense, matmul_share
from clustrace.bench.results import Findings
from clustrace.bench.setting import Setting
from clustrace.bench.start_up import FORKED, OWN, workflow_seconds
from clustrace.config.experiment import load_experiment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


class Small(Setting):
    """One thread, whatever the machine has."""

    threads = (1,)


@pytest.fixture
def measured(monkeypatch):
    """Findings of a section on a few random samples."""

    def measure(module) -> Findings:
        data = torch.rand(768, 784, generator=torch.Generator().manual_seed(0))
        monkeypatch.setattr(module, "samples", lambda setting, dataset: data)
        return module.measure(Small(load_experiment(ROOT), quick=True))

    return measure


def test_dense(measured):
    pytest.importorskip("clustpy", reason="ClustPy is not installed; run make env-bench")
    times, losses, paper = measured(dense).tables
    assert [row["verdict"] for row in losses.rows] == ["equal"] * 6
    assert [row["precision"] for row in times.rows] == ["float32", "bfloat16"] * 3
    assert all(row["update"].median > 0 for row in paper.rows)


def test_dcn(measured):
    pytest.importorskip("clustpy", reason="ClustPy is not installed; run make env-bench")
    times, losses, noting = measured(dcn).tables
    verdicts = [row["verdict"] for row in losses.rows if row["precision"] == "float32"]
    assert verdicts == ["equal", "equal"]
    assert [row["precision"] for row in times.rows] == ["float32", "bfloat16"] * 2
    assert all(row["noting"].median > 0 for row in noting.rows)


def test_conv(measured):
    [table] = measured(conv).tables
    assert [row["verdict"] for row in table.rows] == ["equal", "equal"]


def test_matmul_share(measured):
    rates, shares = measured(matmul_share).tables
    assert len(rates.rows) == 2
    assert [row["step"] for row in shares.rows] == ["SAE", "DEC", "IDEC", "CAE"] * 2
    for row in shares.rows:
        reached = 2 * row["multiply-adds"] / (row["seconds"].median / 1e3)
        assert row["rate"] == pytest.approx(reached)


@pytest.mark.parametrize("onstart", [OWN, FORKED])
def test_a_job_that_does_nothing_succeeds(onstart):
    assert workflow_seconds(1, onstart) > 0  # an error of the workflow is raised
