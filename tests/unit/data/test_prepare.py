"""Tests of clustrace.data.prepare."""

import numpy as np
import pytest
from safetensors import safe_open

from clustrace.config.datasets import DataSet
from clustrace.data.artefact import read_artefact
from clustrace.data.bodies import Samples
from clustrace.data.prepare import prepare, write_features, write_labels
from clustrace.errors import DataError, NotApplicableError


def take(x, y, split, entry, *, max_samples):
    return prepare(Samples(x, y), split, entry, max_samples=max_samples)


SPLIT = (np.arange(60) >= 40).astype(np.int8)
Y = np.arange(60) % 5


def dataset(**changes):
    entry = {"title": "Small", "raw": "small", "samples": 60, "classes": 5, "image_shape": [2, 3]}
    return DataSet.model_validate({**entry, **changes})


@pytest.fixture
def x():
    return np.random.default_rng(0).integers(0, 256, (60, 2, 3), dtype=np.uint8)


def test_bytes_are_divided_by_255_and_flattened(x):
    x[0, 0] = [0, 51, 255]
    prepared = take(x, Y, SPLIT, dataset(), max_samples=None)
    np.testing.assert_array_equal(prepared.features[0, :3], np.float32([0, 0.2, 1]))
    assert prepared.features.shape == (60, 6)
    assert prepared.features.dtype == np.float32
    assert (prepared.labels.dtype, prepared.index.dtype) == (np.int64, np.int64)
    np.testing.assert_array_equal(prepared.labels, Y)
    np.testing.assert_array_equal(prepared.index, np.arange(60))


def test_usps_range():
    x = np.random.default_rng(0).uniform(-1, 1, (60, 6)).astype(np.float32)
    x[0, :3] = [-1, 0, 1]
    usps = dataset(unit_range={"offset": 1, "divisor": 2}, image_shape=None)
    prepared = take(x, Y, None, usps, max_samples=None)
    assert prepared.features[0, :3].tolist() == [0, 0.5, 1]
    np.testing.assert_allclose(prepared.features, (x + 1) / 2)


@pytest.mark.parametrize(("part", "first", "count"), [("train", 0, 40), ("test", 40, 20)])
def test_parts(x, part, first, count):
    prepared = take(x, Y, SPLIT, dataset(part=part, samples=count), max_samples=None)
    np.testing.assert_array_equal(prepared.index, np.arange(first, first + count))
    np.testing.assert_array_equal(prepared.features * 255, x[first : first + count].reshape(-1, 6))


def test_part_of_data_without_parts(x):
    with pytest.raises(DataError, match="has no parts"):
        take(x, Y, None, dataset(part="test", samples=20), max_samples=None)


def test_subset_is_fixed_ascending_without_replacement_and_belongs_together(x):
    first = take(x, Y, SPLIT, dataset(part="test", samples=20), max_samples=7)
    again = take(x, Y, SPLIT, dataset(part="test", samples=20), max_samples=7)
    assert len(first.index) == 7
    assert (np.diff(first.index) > 0).all()
    assert first.index.min() >= 40
    np.testing.assert_array_equal(first.index, again.index)
    np.testing.assert_array_equal(first.features * 255, x[first.index].reshape(-1, 6))
    np.testing.assert_array_equal(first.labels, Y[first.index])


def test_subset_of_a_known_data_set_stays_the_same():
    x = np.arange(100, dtype=np.uint8)[:, None]
    small = dataset(samples=100, image_shape=None)
    prepared = take(x, np.arange(100) % 5, None, small, max_samples=8)
    assert prepared.index.tolist() == [2, 16, 26, 55, 73, 75, 86, 93]


def test_subset_does_not_depend_on_labels(x):
    shuffled = np.random.default_rng(3).permutation(Y)
    one = take(x, Y, SPLIT, dataset(), max_samples=15)
    other = take(x, shuffled, SPLIT, dataset(), max_samples=15)
    np.testing.assert_array_equal(one.index, other.index)
    np.testing.assert_array_equal(one.features, other.features)
    assert (one.labels != other.labels).any()


def test_subset_may_miss_classes(x):
    prepared = take(x, Y, SPLIT, dataset(), max_samples=3)
    assert len(np.unique(prepared.labels)) < 5


def test_values_that_are_not_finite_are_counted_and_named():
    x = np.random.default_rng(0).uniform(0, 255, (60, 6)).astype(np.float32)
    x[45, 0] = np.nan
    x[[47, 50, 51, 52], 1] = np.inf
    with pytest.raises(
        NotApplicableError, match=r"5 values .* in 5 samples \(raw rows 45, 47, 50, …\)"
    ):
        take(x, Y, SPLIT, dataset(part="test", samples=20), max_samples=2)
    take(x, Y, SPLIT, dataset(part="train", samples=40), max_samples=2)


def test_equal_samples_are_not_applicable():
    x = np.tile(np.arange(6, dtype=np.uint8), (60, 1))
    with pytest.raises(NotApplicableError, match="All samples of Small are equal"):
        take(x, Y, SPLIT, dataset(), max_samples=None)


def test_constant_pixels_are_fine(x):
    x[:, 0, 0] = 0
    assert take(x, Y, SPLIT, dataset(), max_samples=None).features[:, 0].max() == 0


@pytest.mark.parametrize(
    "unit_range", [{"divisor": 100}, {"offset": -1}, {"offset": 1, "divisor": 255}]
)
def test_values_outside_the_unit_range(x, unit_range):
    x[0, 0, :2] = [0, 255]
    with pytest.raises(DataError, match=r"instead of lying in \[0, 1\]"):
        take(x, Y, SPLIT, dataset(unit_range=unit_range), max_samples=5)


@pytest.mark.parametrize("changes", [{"samples": 59}, {"classes": 4}, {"classes": 6}])
def test_counts_other_than_registered(x, changes):
    with pytest.raises(DataError, match="Small has 60 samples of 5 classes instead of"):
        take(x, Y, SPLIT, dataset(**changes), max_samples=5)


def test_quarantine(x, tmp_path):
    """The features file is the same, byte for byte, whatever the labels are."""
    files = []
    for name, labels in (("a", Y), ("b", Y[::-1].copy())):
        prepared = take(x, labels, SPLIT, dataset(), max_samples=15)
        files.append(tmp_path / f"{name}.safetensors")
        write_features(files[-1], prepared, dataset(), slug="small")
    assert files[0].read_bytes() == files[1].read_bytes()
    with safe_open(files[0], framework="numpy") as handle:
        assert list(handle.keys()) == ["features"]
    about = read_artefact(files[0]).about
    assert about == {"dataset": "small", "image_shape": [2, 3], "n_clusters": 5}


def test_labels_file(x, tmp_path):
    prepared = take(x, Y, SPLIT, dataset(), max_samples=15)
    write_labels(tmp_path / "labels.safetensors", prepared, slug="small")
    artefact = read_artefact(tmp_path / "labels.safetensors")
    np.testing.assert_array_equal(artefact.arrays["labels"], Y[prepared.index])
    np.testing.assert_array_equal(artefact.arrays["index"], prepared.index)
    assert artefact.about == {"dataset": "small"}
