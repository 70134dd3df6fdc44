"""Tests of the section rbm."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clustrace.bench import rbm
from clustrace.bench.setting import Setting
from clustrace.config.experiment import load_experiment
from clustrace.data.artefact import write_artefact

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("ours", "verdict"), [(0.5, "met"), (2.0, "missed")])
def test_goal(ours, verdict):
    goal = rbm.goal({"scikit-learn": [2.0, 4.0], "clustrace": [2 * ours, 4 * ours]})
    assert goal.verdict == verdict
    assert f"{1 / ours:.2f} times as fast" in goal.detail


def test_epochs_are_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(rbm, "_UNITS", 5)
    setting = Setting(replace(load_experiment(ROOT), root=tmp_path), quick=True)
    rng = np.random.default_rng(0)
    arrays = {
        "x": rng.integers(0, 256, (70_000, 2, 2), dtype=np.uint8),
        "y": np.arange(70_000) % 10,
        "split": np.repeat(np.array([0, 1], np.int8), (60_000, 10_000)),
    }
    write_artefact(setting.experiment.layout.raw("mnist"), arrays)
    [table] = rbm.measure(setting).tables
    assert [row["machine"] for row in table.rows] == [
        "scikit-learn, BernoulliRBM",
        "clustrace, RBM",
    ]
    assert all(row["seconds"].median > 0 for row in table.rows)
    assert table.rows[0]["faster"].median == 1
