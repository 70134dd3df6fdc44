"""Tests of clustrace.data.fingerprint."""

import hashlib

import numpy as np

from clustrace.data.fingerprint import fingerprint

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
