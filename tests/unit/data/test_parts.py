"""Data sets that keep training, validation and test samples apart."""

import numpy as np
import pytest
from pydantic import ValidationError

from clustrace.config.datasets import DataRegistry, DataSet
from clustrace.data.artefact import read_artefact
from clustrace.data.bodies import Samples
from clustrace.data.parts import HIDDEN, parts_of, scored_labels, visible_labels
from clustrace.data.prepare import prepare, write_features, write_labels
from clustrace.errors import NotApplicableError

SPLIT = (np.arange(60) >= 40).astype(np.int8)
Y = np.arange(60) % 5


def dataset(**changes):
    entry = {"title": "Small", "raw": "small", "samples": 60, "classes": 5, "validation_samples": 8}
    return DataSet.model_validate({**entry, **changes})


def prepared(entry, **options):
    x = np.random.default_rng(0).integers(0, 256, (60, 6), dtype=np.uint8)
    return prepare(Samples(x, Y), SPLIT, entry, **{"max_samples": None, **options})


def test_the_end_of_the_training_part_is_for_validation():
    part = prepared(dataset()).part
    assert part.dtype == np.int8
    assert part.tolist() == [0] * 32 + [1] * 8 + [2] * 20


def test_parts_follow_the_samples_that_are_drawn():
    some = prepared(dataset(), max_samples=30)
    np.testing.assert_array_equal(some.part, parts_of(some.index, SPLIT, 8))
    assert set(some.part.tolist()) == {0, 1, 2}


def test_a_training_part_that_does_not_come_first_is_found():
    split = np.array([1, 0, 1, 0, 0], np.int8)
    assert parts_of(np.arange(5), split, 1).tolist() == [2, 0, 2, 0, 1]


def test_a_part_without_samples_is_refused():
    with pytest.raises(NotApplicableError, match="is of its validation part; set a larger"):
        prepared(dataset(validation_samples=1), max_samples=10)


def test_files_hold_the_parts_and_others_do_not(tmp_path):
    for entry, more in ((dataset(), {"part"}), (dataset(validation_samples=None), set())):
        found = prepared(entry)
        write_features(tmp_path / "features.safetensors", found, entry, slug="small")
        write_labels(tmp_path / "labels.safetensors", found, slug="small")
        features, labels = (
            read_artefact(tmp_path / f"{name}.safetensors").arrays
            for name in ("features", "labels")
        )
        assert features.keys() == {"features"} | more
        assert labels.keys() == {"labels", "index"} | more


def test_labels_of_test_samples_are_hidden_and_the_others_are_not():
    arrays = {"labels": np.array([3, 1, 2, 0]), "part": np.array([0, 2, 1, 2], np.int8)}
    assert visible_labels(arrays).tolist() == [3, HIDDEN, 2, HIDDEN]
    assert visible_labels(arrays).dtype == np.int64
    assert scored_labels(arrays).tolist() == [1, 0]
    assert scored_labels({"labels": arrays["labels"]}).tolist() == [3, 1, 2, 0]


def test_transforms_are_fitted_on_the_training_part():
    scaler = {"estimator": "sklearn.preprocessing:StandardScaler", "source": "a test"}
    entry = dataset(transforms=[scaler], features={"width": 6})
    found = prepared(entry)
    mean = found.features[found.part == 0].mean(axis=0)
    np.testing.assert_allclose(mean, 0, atol=1e-6)
    assert np.abs(found.features.mean(axis=0)).max() > 1e-3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"part": "test", "samples": 20}, "needs the training and the test part"),
        ({"validation_samples": 40}, "leaves none of the 40 training samples"),
    ],
)
def test_parts_must_fit_the_raw_data(changes, sentence):
    raw = {
        "title": "Small",
        "publisher": "a test",
        "licence": "none",
        "samples": 60,
        "train_samples": 40,
        "shape": [6],
        "dtype": "uint8",
        "classes": 5,
        "bytes": 360,
        "fingerprint": "unverified",
        "sources": [{"kind": "scikit-learn", "loader": "load_digits"}],
    }
    entry = {**dataset().model_dump(), **changes}
    with pytest.raises(ValidationError, match=sentence):
        DataRegistry.model_validate({"raw": {"small": raw}, "datasets": {"some": entry}})


def test_other_data_sets_are_prepared_as_before():
    assert "validation_samples" not in dataset(validation_samples=None).preparation()
    assert dataset().preparation()["validation_samples"] == 8
