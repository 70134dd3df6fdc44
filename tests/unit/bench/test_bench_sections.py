"""Tests of the sections conv, matmul-share, memory and start-up, and of the data they read."""

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from clustrace.bench import circumstances, conv, memory
from clustrace.bench.circumstances import Start, circumstances_since
from clustrace.bench.matmul_share import matmul_rate
from clustrace.bench.memory_child import TRAININGS, run
from clustrace.bench.processes import peak_mib, run_python
from clustrace.bench.setting import Setting
from clustrace.bench.timing import Timed
from clustrace.bench.workload import samples
from clustrace.config.experiment import load_experiment
from clustrace.data.artefact import Outcome, Status, write_artefact
from clustrace.errors import ClustraceError, DataError
from clustrace.provenance.environment import describe_processor
from clustrace.train import engine

ROOT = Path(__file__).parents[3]


@pytest.fixture
def setting(tmp_path):
    return Setting(replace(load_experiment(ROOT), root=tmp_path), quick=True)


def test_data_that_is_not_there_is_told(setting):
    with pytest.raises(DataError, match="clustrace data fetch mnist-test"):
        samples(setting, "mnist-test")


def test_data_that_could_not_be_fetched_is_told(setting):
    outcome = Outcome(Status.UNREACHABLE, "no network", "fetch")
    write_artefact(setting.experiment.layout.raw("digits"), outcome=outcome)
    with pytest.raises(DataError, match="clustrace data fetch digits"):
        samples(setting, "digits")


def test_samples_are_prepared_from_the_raw_data(setting):
    digits = load_digits()
    arrays = {"x": digits.images, "y": digits.target}
    write_artefact(setting.experiment.layout.raw("digits"), arrays)
    found = samples(setting, "digits")
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy(), digits.data / 16)


def compared(float32, bfloat16, *, loss=0.5):
    turns = {
        "plain": [Timed((0.2,) * 3, (), loss=0.5)],
        "float32": [Timed((float32,) * 3, (), loss=loss)],
        "bfloat16": [Timed((bfloat16,) * 3, (), loss=loss)],
    }
    return conv.Comparison(2, 1.0, turns)


@pytest.mark.parametrize(
    ("float32", "bfloat16", "loss", "verdict"),
    [
        (0.080, 0.300, 0.5, "met"),
        (0.100, 0.055, 0.5, "met"),
        (0.100, 0.065, 0.5, "missed"),
        (0.010, 0.010, 0.9, "not shown"),
    ],
)
def test_goal_of_a_convolutional_step(float32, bfloat16, loss, verdict):
    goal = conv._goal([compared(float32, bfloat16, loss=loss)], {1: 61.4})
    assert goal.verdict == verdict
    assert ("alone take 61 ms (threads: 1)" in goal.detail) == (verdict != "not shown")


def test_rate_of_matrix_products(setting):
    rate = matmul_rate("float32", setting)
    assert rate.minimum > 0.1


def test_peak_of_memory(tmp_path):
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n")
    assert peak_mib(status) == 2.0
    status.write_text("Name:\tpython\n")
    with pytest.raises(SystemExit, match="Linux"):
        peak_mib(status)


@pytest.mark.parametrize("training", TRAININGS)
def test_each_training_takes_steps(tmp_path, training, monkeypatch):
    monkeypatch.setattr(engine, "_REPORT_SECONDS", 0.0)
    path = tmp_path / "features.safetensors"
    x = np.random.default_rng(0).random((3_000, 784), dtype=np.float32)
    write_artefact(path, {"features": x})
    found = run(training, path)
    assert found["steps"] == 2
    assert found["peak"] >= found["imported"] > 0
    assert found["data"] == pytest.approx(x.nbytes / 2**20)


@pytest.mark.parametrize(("peak", "verdict"), [(2047.0, "met"), (2049.0, "missed")])
def test_goal_of_memory(monkeypatch, setting, peak, verdict):
    monkeypatch.setattr(memory, "samples", lambda setting, dataset: torch.zeros(4, 3))
    peaks = iter([100.0, peak, 100.0, 100.0])
    monkeypatch.setattr(
        memory,
        "run_python",
        lambda *arguments: json.dumps(
            {"imported": 1.0, "data": 1.0, "peak": next(peaks), "steps": 2}
        ),
    )
    [goal] = memory.measure(setting).goals
    assert goal.verdict == verdict
    assert "IDEC" in goal.detail


def test_a_process_that_fails_is_told():
    assert run_python("-c", "print(3)").strip() == "3"
    with pytest.raises(ClustraceError, match=r"status 4 \(oh\)"):
        run_python("-c", "import sys; print('oh', file=sys.stderr); sys.exit(4)")


def test_circumstances_tell_what_others_did(monkeypatch):
    others = iter([100.0, 130.0])
    monkeypatch.setattr(circumstances, "_seconds_of_others", lambda: next(others))
    clock = iter([1000.0, 1020.0])
    monkeypatch.setattr(circumstances.time, "monotonic", lambda: next(clock))
    found = circumstances_since(Start.now(), quick=False)
    assert found.seconds == 20.0
    assert found.cores_of_others == 1.5
    assert found.versions["torch"] == version("torch")
    assert found.versions.keys() >= {"clustrace", "numpy", "snakemake"}


def test_threads_and_repeats(setting):
    assert setting.threads[0] == 1
    assert max(setting.threads) <= describe_processor().usable_cores
    assert setting.repeats(5) == 1
    assert replace(setting, quick=False).repeats(5) == 5
