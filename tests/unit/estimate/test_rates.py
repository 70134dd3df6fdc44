"""Rates from the benchmarks, measured, or assumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustrace.estimate.rates import benchmarked, measured
from clustrace.estimate.work import Work

ROOT = Path(__file__).parents[3]


def test_rates_are_those_of_the_benchmarks() -> None:
    machine = benchmarked(ROOT)
    one, two = (machine.rates("cpu", threads, "float32") for threads in (1, 2))
    assert "results/bench.json" in machine.source
    assert 1e9 < one.convolution < one.dense < two.dense


def test_without_benchmarks_a_rate_is_assumed(tmp_path: Path) -> None:
    machine = benchmarked(tmp_path)
    assert machine.source == "an assumed rate of 50 GFLOP/s a core"
    assert machine.rates("cpu", 4, "bfloat16").dense > machine.rates("cpu", 1, "float32").dense


def test_spoilt_benchmarks_are_none(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/bench.json").write_text('{"sections": {"matmul-share": []}}')
    assert "assumed" in benchmarked(tmp_path).source


def test_a_gpu_is_faster_but_not_for_the_smallest_steps() -> None:
    machine = benchmarked(ROOT)
    cpu, gpu = (machine.rates(device, 1, "float32") for device in ("cpu", "cuda"))
    large, small = Work(dense=1e15, steps=1000), Work(dense=1e9, steps=1000)
    assert gpu.seconds(large) < cpu.seconds(large) / 20
    assert gpu.seconds(small) == pytest.approx(3.0, rel=0.01)
    assert gpu.distances == cpu.distances


def test_this_machine_can_be_measured() -> None:
    machine = measured()
    assert "measured here" in machine.source
    assert machine.rates("cpu", 1, "float32").dense > 1e8
