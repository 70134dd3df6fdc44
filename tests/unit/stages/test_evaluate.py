"""Scores of label vectors, and the gradient steps behind them."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from clustrace.data.artefact import read_artefact, write_artefact
from clustrace.errors import StorageError
from clustrace.files import read_json
from clustrace.stages.evaluate import evaluate

TRUTH = np.array([0, 0, 1, 1])


@pytest.fixture
def job(tmp_path):
    def build(history=None):
        labels = {f"seed-{seed}": np.array([1, 1, 0, seed]) for seed in (0, 1)}
        paths = {name: tmp_path / f"{name}.safetensors" for name in ("predictions", "truth")}
        write_artefact(paths["predictions"], labels, about={"failures": {}})
        write_artefact(paths["truth"], {"labels": TRUTH})
        if history is not None:
            paths["history"] = tmp_path / "history.csv"
            paths["history"].write_text(history)
        return SimpleNamespace(
            input=paths,
            settings={"max_iterations": 280},
            output={"metrics": tmp_path / "metrics.json"},
            read=lambda name: read_artefact(paths[name]),
            path=lambda name: Path(paths[name]),
            recorder=SimpleNamespace(note=lambda **_: None),
        )

    return build


def seeds(job):
    evaluate(job)
    return read_json(job.output["metrics"])["seeds"]


def test_steps_are_those_of_the_last_row_of_each_seed(job):
    found = seeds(job("seed,iteration,loss\n0,0,\n0,140,0.5\n0,280,0.4\n1,0,\n1,140,0.4\n"))
    assert {seed: scores["iterations"] for seed, scores in found.items()} == {"0": 280, "1": 140}
    assert [found[seed]["capped"] for seed in "01"] == [True, False]
    assert found["0"]["acc"] == 1 and found["1"]["acc"] == 0.75


def test_a_training_that_cannot_stop_early_is_not_capped(job):
    trained = job("seed,iteration,loss\n0,140,0.5\n1,140,0.4\n")
    trained.settings = {}
    assert [(s["iterations"], "capped" in s) for s in seeds(trained).values()] == [(140, False)] * 2


def test_methods_without_history_have_no_steps(job):
    assert {"iterations", "capped"}.isdisjoint(seeds(job())["0"])


def test_a_history_without_a_seed_is_refused(job):
    with pytest.raises(StorageError, match="no row of seed 1"):
        evaluate(job("seed,iteration\n0,140\n"))
