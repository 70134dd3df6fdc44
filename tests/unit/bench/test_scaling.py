"""Tests of the section scaling: growth of time and memory with the number of samples."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from clustrace.bench import classical, scaling
from clustrace.bench.render import render
from clustrace.bench.results import BenchResults, Section
from clustrace.bench.scaling import METHODS as ALL_PAIRS
from clustrace.bench.scaling import Fit, expected, exponent, findings, grown
from clustrace.bench.scaling_child import METHODS, run
from clustrace.bench.setting import Setting
from clustrace.config.experiment import load_experiment
from clustrace.data.artefact import read_artefact, write_artefact

ROOT = Path(__file__).parents[3]


def _growth(power, *, mib_at_20000=500.0):
    """Repeats of 2, 1 and 6 times what the power says; the median is twice."""
    return {
        n: [
            Fit(factor * (n / 5000) ** power, 300.0, 300.0 + mib_at_20000 * n / 20_000)
            for factor in (2.0, 1.0, 6.0)
        ]
        for n in (5_000, 10_000, 20_000)
    }


@pytest.mark.parametrize("power", [1.0, 2.0, 2.7])
def test_exponent_of_growth(power):
    assert exponent(_growth(power)) == pytest.approx(power)


@pytest.mark.parametrize(
    ("power", "mib", "verdicts"),
    [
        (1.9, 1000.0, ["met", "met"]),
        (2.09, 1500.0, ["met", "met"]),
        (2.2, 1530.0, ["missed", "missed"]),
    ],
)
def test_goals(power, mib, verdicts):
    found = findings({"ssc-omp": _growth(power, mib_at_20000=mib)}, ALL_PAIRS, "")
    assert [goal.verdict for goal in found.goals] == verdicts
    assert f"power of {power:.2f}" in found.goals[0].detail
    assert f"{mib:.0f} MiB beside the data for 20,000 samples" in found.goals[1].detail
    assert "1526 MiB" in found.goals[1].detail


def test_sizes_up_to_the_limit_show_nothing_of_memory():
    growth = {n: fits for n, fits in _growth(2.0).items() if n <= 10_000}
    assert findings({"spectral": growth}, ALL_PAIRS, "").goals[1].verdict == "not shown"


def test_what_all_samples_would_need():
    [row] = findings({"spectral": _growth(2.0)}, ALL_PAIRS, "").tables[1].rows
    assert row["seconds"] == pytest.approx(2.0 * 16 * 3.5**2 / 60)
    assert row["memory"] == pytest.approx((300 + 500 * 3.5) / 1024)


def test_tables_are_printed(make_section):
    content = findings({method: _growth(2.0) for method in ALL_PAIRS}, ALL_PAIRS, "A note.")
    assert " A note. " in content.notes[0]
    section = Section(**{**dict(make_section()), "findings": content})
    page = render(BenchResults(sections={"scaling": section}), ["scaling"])
    assert "| SSC-OMP | 20000 | 32.0 (16.0–96.0) | 300 (300–300) | 800 (800–800) | 1526 |" in page
    assert "| spectral clustering | 2.00 | 2.00 | 7 | 2.0 |" in page


@pytest.mark.parametrize("method", METHODS)
def test_each_method_is_measured(tmp_path, method):
    path = tmp_path / "features.safetensors"
    x = np.random.default_rng(0).random((200, 30), dtype=np.float32)
    write_artefact(path, {"features": x})
    found = run(method, path)
    assert found["seconds"] > 0 and found["peak"] >= found["imported"] > 0
    assert METHODS.keys() == ALL_PAIRS.keys() | classical.METHODS.keys()


def test_each_size_gets_its_samples_in_each_turn(monkeypatch, tmp_path):
    asked = []

    def pretended(*arguments):
        features = read_artefact(arguments[3]).arrays["features"]
        asked.append((arguments[2], len(features)))
        assert len(np.unique(features[:, 0])) == len(features)
        return json.dumps({"seconds": float(len(features)), "imported": 1.0, "peak": 2.0})

    monkeypatch.setattr(scaling, "run_python", pretended)
    data = torch.arange(60_000.0).reshape(-1, 1)
    monkeypatch.setattr(scaling, "samples", lambda setting, dataset: data)
    setting = Setting(replace(load_experiment(ROOT), root=tmp_path), quick=True)
    quick = scaling.measure(setting)
    assert asked == [(m, n) for n in (300, 600) for m in ("ssc-omp", "spectral")]
    assert [row["samples"] for row in quick.tables[0].rows] == [300, 600, 300, 600]
    asked.clear()
    scaling.measure(replace(setting, quick=False))
    assert len(asked) == 2 * 3 * 2 and max(n for _, n in asked) == 20_000


def test_what_would_take_too_long_is_left_out(monkeypatch, tmp_path):
    def pretended(*arguments):
        n = len(read_artefact(arguments[3]).arrays["features"])
        power = {"lsc": 1, "rcc": 3}[arguments[2]]
        return json.dumps({"seconds": (n / 1_000) ** power, "imported": 1.0, "peak": 2.0})

    monkeypatch.setattr(scaling, "run_python", pretended)
    data = torch.arange(40_000.0).reshape(-1, 1)
    monkeypatch.setattr(scaling, "samples", lambda setting, dataset: data)
    setting = Setting(replace(load_experiment(ROOT), root=tmp_path), quick=False)
    fits = grown(setting, ["lsc", "rcc"], [10_000, 20_000, 40_000], 1, longest=60_000.0)
    assert list(fits["lsc"]) == [10_000, 20_000, 40_000] and list(fits["rcc"]) == [10_000, 20_000]
    assert expected(fits["rcc"], 40_000) == pytest.approx(64_000.0)
    # One size alone does not tell the growth.
    assert expected({10_000: fits["rcc"][10_000]}, 40_000) == 0.0
