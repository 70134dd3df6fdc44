"""Tests of the section kmeans-sparse-sae."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clustrace.bench import kmeans_sparse_sae
from clustrace.bench.kmeans_sparse_sae import Layer, Measured
from clustrace.bench.setting import Setting
from clustrace.config.experiment import load_experiment
from clustrace.data.artefact import write_artefact

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("sequential", "apart", "verdict"),
    [(2.5, 0.0, "met"), (2.0, 9e-6, "met"), (1.9, 0.0, "missed"), (3.0, 2e-5, "missed")],
)
def test_goal(sequential, apart, verdict):
    goal = kmeans_sparse_sae.goal(
        Measured({"batched": [1.0, 2.0], "sequential": [sequential, 2 * sequential]}, apart)
    )
    assert goal.verdict == verdict
    assert f"{sequential:.2f} times as fast" in goal.detail


def test_ways_are_measured_and_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(kmeans_sparse_sae, "_UNITS", 8)
    monkeypatch.setattr(kmeans_sparse_sae, "_LAYERS", (Layer(60, 3),))
    setting = Setting(replace(load_experiment(ROOT), root=tmp_path), quick=True)
    arrays = {
        "x": np.random.default_rng(0).integers(0, 256, (70_000, 4, 4), dtype=np.uint8),
        "y": np.arange(70_000) % 10,
        "split": np.repeat(np.array([0, 1], np.int8), (60_000, 10_000)),
    }
    write_artefact(setting.experiment.layout.raw("mnist"), arrays)
    [table] = kmeans_sparse_sae.measure(setting).tables
    [row] = table.rows
    assert row["gain"].median == pytest.approx(row["sequential"].median / row["batched"].median)
    assert row["processes"].median > 0
    assert row["apart"] <= 1e-5
