"""Tests of the section k-sparse."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clustrace.bench import k_sparse
from clustrace.bench.setting import Setting
from clustrace.config.experiment import load_experiment
from clustrace.data.artefact import write_artefact

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("trained", "verdict"), [(0.5, "met"), (1.09, "met"), (1.2, "missed")])
def test_goal(trained, verdict):
    turns = {"all": [2.0, 4.0], "trained-25": [2 * trained, 4 * trained], "composed-25": [2.2, 4.4]}
    goal = k_sparse.goal(turns)
    assert goal.verdict == verdict
    assert f"{trained:.2f} times that without" in goal.detail
    assert "takes 1.10 times" in goal.detail


def test_steps_are_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(k_sparse, "_UNITS", 110)
    setting = Setting(replace(load_experiment(ROOT), root=tmp_path), quick=True)
    rng = np.random.default_rng(0)
    arrays = {
        "x": rng.integers(0, 256, (70_000, 2, 2), dtype=np.uint8),
        "y": np.arange(70_000) % 10,
        "split": np.repeat(np.array([0, 1], np.int8), (60_000, 10_000)),
    }
    write_artefact(setting.experiment.layout.raw("mnist"), arrays)
    [table] = k_sparse.measure(setting).tables
    assert len(table.rows) == 7
    assert all(row["seconds"].median > 0 for row in table.rows)
    assert table.rows[0]["multiply-adds"] == pytest.approx(5e-6 * 100 * 4 * 110)
