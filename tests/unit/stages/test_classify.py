"""Learning on the training part alone, and classifiers that never see labels of the test part."""

from __future__ import annotations

import numpy as np
import pytest
from tests.recorded_jobs import FEATURES, LAYOUT, TRAINING_LABELS, record_of, run, write_features

from clustrace.data.artefact import Status, read_artefact, write_artefact
from clustrace.provenance.record import read_record
from clustrace.train.autoencoder import Autoencoder


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_features(parts=True)
    return tmp_path


def files(method):
    names = ("quick", "blobs", method, "0-1")
    return read_artefact(LAYOUT.model(*names)), read_artefact(LAYOUT.predictions(*names))


def test_embeddings_are_learnt_from_the_training_part(repository, monkeypatch):
    seen = []
    fit = Autoencoder.fit

    def watched(self, X, y=None):
        seen.append(X)
        return fit(self, X, y)

    monkeypatch.setattr(Autoencoder, "fit", watched)
    run("sae")
    stored = read_artefact(FEATURES).arrays
    training = stored["features"][stored["part"] == 0]
    assert len(seen) == 2
    assert all(np.array_equal(samples, training) for samples in seen)


def test_a_data_set_without_parts_is_learnt_from_as_a_whole(repository, monkeypatch):
    stored = read_artefact(FEATURES).arrays
    write_artefact(FEATURES, {"features": stored["features"]})
    seen = []
    fit = Autoencoder.fit
    monkeypatch.setattr(Autoencoder, "fit", lambda self, X: (seen.append(len(X)), fit(self, X))[1])
    run("sae")
    assert seen == [60, 60]


@pytest.mark.parametrize("method", ["logistic", "sae-logistic"])
def test_a_classifier_predicts_the_test_part_in_order(repository, method):
    if method == "sae-logistic":
        run("sae")
    run(method)
    model, predictions = files(method)
    part = read_artefact(FEATURES).arrays["part"]
    for seed in (0, 1):
        labels = predictions.arrays[f"seed-{seed}"]
        assert len(labels) == (part == 2).sum()
    if method == "logistic":
        np.testing.assert_array_equal(labels, np.repeat(np.arange(3), 20)[part == 2])
        assert len(model.about["choices"]["0"]["validation_errors"]) == 2
    record = read_record(record_of(method))
    expected = {"features", "training_labels", *(["weights"] if method == "sae-logistic" else [])}
    assert record.inputs.keys() == expected
    assert record.determinism == "bit-equal"


def test_labels_of_the_test_part_change_nothing(repository):
    run("logistic")
    model = LAYOUT.model("quick", "blobs", "logistic", "0-1")
    first = model.read_bytes()
    labels = read_artefact(TRAINING_LABELS).arrays["labels"]
    write_artefact(TRAINING_LABELS, {"labels": np.where(labels == -1, 2, labels)})
    run("logistic")
    assert model.read_bytes() == first


def test_without_parts_there_is_nothing_to_test_on(repository):
    features = read_artefact(FEATURES).arrays["features"]
    write_artefact(FEATURES, {"features": features})
    run("logistic")
    model, predictions = files("logistic")
    assert model.outcome.status is predictions.outcome.status is Status.NOT_APPLICABLE
    assert "does not keep a test part apart" in model.outcome.reason
