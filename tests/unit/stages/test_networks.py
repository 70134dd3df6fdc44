"""Filters and activities of stored networks, as jobs of the workflow write them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from tests.recorded_jobs import ESTIMATORS, FEATURES, LAYOUT, run, write_features
from torch import nn

from clustrace.data.artefact import read_artefact
from clustrace.errors import NotApplicableError
from clustrace.stages import networks
from clustrace.stages.activations import activations
from clustrace.stages.filters import filters
from clustrace.train.autoencoder import Autoencoder


@pytest.fixture
def job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_features()
    run("sae")
    _, estimator, arguments = ESTIMATORS["sae"]
    files = {"weights": LAYOUT.model("quick", "blobs", "sae", "0-1"), "features": FEATURES}
    written = {}
    return SimpleNamespace(
        settings={
            "pretrained": {"estimator": estimator, "arguments": arguments},
            "estimator": estimator,
            "input_scale": 1.0,
            "units": 5,
            "samples": 40,
            "largest": 2.0,
            "bins": 4,
        },
        seeds=[0],
        threads=1,
        device="cpu",
        read=lambda name: read_artefact(files[name]),
        write=lambda name, arrays, **about: written.update(arrays, **about),
        recorder=SimpleNamespace(note=lambda **_: None),
        written=written,
        weights=read_artefact(files["weights"]).arrays,
    )


def test_filters_are_the_first_weights_of_the_first_layer(job):
    filters(job)
    (first,) = (w for n, w in job.weights.items() if "seed-0" in n and w.shape == (8, 6))
    assert job.written["filters"].dtype == np.float32 and job.written["seed"] == 0
    np.testing.assert_array_equal(job.written["filters"], first[:5])
    cosines = np.corrcoef(np.hstack([first, -first]))  # of mean 0, their products are cosines
    np.fill_diagonal(cosines, 0)
    np.testing.assert_allclose(job.written["coherence"], np.abs(cosines).max(), rtol=1e-6)


def test_a_layer_without_a_weight_for_each_feature_is_refused(job, monkeypatch):
    monkeypatch.setattr(networks, "pretrained", lambda *_: SimpleNamespace(
        n_features_in_=7, network_=nn.Linear(6, 2)
    ))  # fmt: skip
    with pytest.raises(NotApplicableError, match="take it out of the figure"):
        filters(job)


def test_activities_are_counted_between_the_edges(job, monkeypatch):
    values = np.tile(np.float32([-1.0, 0.0, 0.6, 1.9, 2.0, 7.0]), (40, 1))
    monkeypatch.setattr(Autoencoder, "transform", lambda self, X: values[: len(X)])
    activations(job)
    assert job.written["edges"].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert job.written["counts"].tolist() == [40, 40, 0, 80]
