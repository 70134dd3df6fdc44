"""Tests of clustrace.data.fingerprint."""

import hashlib

import numpy as np
import pytest

from clustrace.data.fingerprint import arrays_sha256, fingerprint

X = np.arange(12, dtype=np.float32).reshape(3, 4)
Y = np.array([0, 1, 2], dtype=np.int64)


def test_is_sha256_of_samples_then_labels():
    assert fingerprint(X, Y) == hashlib.sha256(X.tobytes() + Y.astype("<i8").tobytes()).hexdigest()


def test_does_not_depend_on_memory_order_byte_order_or_label_type():
    same = fingerprint(np.asfortranarray(X).astype(">f4"), Y.astype(np.uint8))
    assert same == fingerprint(X, Y)


def test_sees_one_changed_value_label_and_row_order():
    changed = X.copy()
    changed[2, 3] += 1
    others = {
        fingerprint(changed, Y),
        fingerprint(X, Y[[0, 2, 1]]),
        fingerprint(X[::-1], Y[::-1]),
        fingerprint(X, Y),
    }
    assert len(others) == 4


def test_arrays_are_hashed_with_their_names_types_and_shapes():
    arrays = {"b": np.arange(6, dtype=">i4").reshape(2, 3), "a": np.array([0.5])}
    text = b'{"a":["<f8",[1]],"b":["<i4",[2,3]]}'
    content = np.array([0.5]).tobytes() + np.arange(6, dtype="<i4").tobytes()
    assert arrays_sha256(arrays) == hashlib.sha256(text + content).hexdigest()
    assert arrays_sha256({"a": arrays["a"], "b": arrays["b"].astype("<i4")}) == arrays_sha256(
        arrays
    )


@pytest.mark.parametrize(
    "other",
    [
        {"a": np.zeros((2, 3)), "c": np.zeros(1)},
        {"a": np.zeros((3, 2)), "b": np.zeros(1)},
        {"a": np.zeros((2, 3), np.int64), "b": np.zeros(1)},
        {"a": np.ones((2, 3)), "b": np.zeros(1)},
    ],
)
def test_other_arrays_have_another_hash(other):
    assert arrays_sha256(other) != arrays_sha256({"a": np.zeros((2, 3)), "b": np.zeros(1)})


def test_a_slice_is_hashed_by_its_content():
    columns = np.arange(12.0).reshape(3, 4)[:, ::2]
    assert arrays_sha256({"a": columns}) == arrays_sha256({"a": columns.copy()})
