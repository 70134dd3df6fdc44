"""Tests of the section classical: EmAEC's methods as samples grow, and beside k-means."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from clustrace.bench import classical
from clustrace.bench.classical import METHODS, left_out, memory_goal, ratio_table, speed_goals
from clustrace.bench.results import Column, Spread, Table
from clustrace.bench.scaling import Fit
from clustrace.bench.setting import Setting
from clustrace.config.experiment import load_experiment

ROOT = Path(__file__).parents[3]
SECONDS = {"kmeans": 10.0, "neighbours": 100.0, "spectral-sparse": 20.0}


def _fits(sizes=(5_000, 70_000), peak=2_000.0):
    return {
        method: {n: [Fit(SECONDS.get(method, 30.0) * n / 70_000, 300.0, peak)] for n in sizes}
        for method in METHODS
    }


def test_ratios_hold_the_search_where_a_method_needs_it():
    rows = {row["method"]: row for row in ratio_table(_fits()).rows}
    assert "GMM" not in rows and len(rows) == 6
    assert rows["k-means"]["ratio"] == pytest.approx(1)
    assert rows["SC"]["here"] == pytest.approx(120)
    assert (rows["SC"]["ratio"], rows["SC"]["without"]) == (pytest.approx(12), pytest.approx(2))
    assert rows["LSC"]["here"] == pytest.approx(30)
    assert rows["RCC"]["published-ratio"] == pytest.approx(9523.69 / 62.66)


@pytest.mark.parametrize(
    ("fits", "verdict"),
    [
        (_fits(), "met"),
        (_fits(peak=8_193.0), "missed"),
        (_fits(sizes=(300, 600)), "not shown"),
    ],
)
def test_memory(fits, verdict):
    assert memory_goal(fits).verdict == verdict


def test_what_was_not_run_is_told_and_shows_nothing():
    fits = _fits((5_000, 20_000, 70_000))
    fits["rcc"] = {n: [Fit(2.0 * (n / 5_000) ** 3, 300.0, 500.0)] for n in (5_000, 20_000)}
    [note] = left_out(fits)
    assert note.startswith("RCC was not run on 70,000 samples: it would have taken about 1.5 hours")
    [row] = [row for row in ratio_table(fits).rows if row["method"] == "RCC"]
    assert (row["here"], row["ratio"], row["without"]) == (None, None, None)
    assert memory_goal(fits).verdict == "not shown"
    assert left_out(_fits()) == ()


def test_speed():
    def row(ratio):
        values = {"ratio": Spread.of([ratio])}
        return {"method": "GMM", **values}

    columns = (Column(key="method", title="m"), Column(key="ratio", title="r"))
    table = Table(title="t", columns=columns, rows=(row(1.05), row(1.3)))
    assert [goal.verdict for goal in speed_goals(table)] == ["met", "missed"]


def test_the_section_asks_for_all_sizes_once(monkeypatch):
    asked = []

    def pretended(setting, methods, sizes, repeats, longest):
        asked.append((list(methods), sizes, repeats, longest))
        return _fits(sizes)

    monkeypatch.setattr(classical, "grown", pretended)
    data = torch.from_numpy(np.random.default_rng(0).random((300, 8)))
    monkeypatch.setattr(classical, "samples", lambda setting, dataset: data)
    setting = Setting(replace(load_experiment(ROOT)), quick=True)
    found = classical.measure(setting)
    assert asked == [(list(METHODS), (5_000, 20_000, 70_000), 1, 3600.0)]
    assert [row["method"] for row in found.tables[-1].rows] == ["k-means", "GMM"]
    assert len(found.goals) == 2 * len(METHODS) + 3
