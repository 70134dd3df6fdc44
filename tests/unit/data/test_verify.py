"""Tests of clustrace.data.verify."""

import numpy as np
import pytest

from clustrace.data.artefact import Outcome, Status, write_artefact
from clustrace.data.verify import RawStatus, recorded_state, verify_raw

SOURCE = {"kind": "scikit-learn", "loader": "load_digits"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "small.safetensors"


def write(path, body, **changes):
    arrays = {"x": body.x, "y": body.y, "split": body.split, **changes}
    about = {"source": "test", "fingerprint": body.registered(SOURCE).fingerprint}
    kept = {name: array for name, array in arrays.items() if array is not None}
    write_artefact(path, kept, about=about)


def test_verified_and_unverified(path, body):
    write(path, body)
    for fingerprint, status in ((None, RawStatus.VERIFIED), ("unverified", RawStatus.UNVERIFIED)):
        changes = {} if fingerprint is None else {"fingerprint": fingerprint}
        raw = body.registered(SOURCE, **changes)
        assert verify_raw(path, raw) is recorded_state(path, raw).status is status
        assert status.usable


def test_missing(path, body):
    raw = body.registered(SOURCE)
    assert verify_raw(path, raw) is recorded_state(path, raw).status is RawStatus.MISSING


def test_unreachable(path, body):
    write_artefact(path, outcome=Outcome(Status.UNREACHABLE, "offline", "fetch"))
    raw = body.registered(SOURCE)
    assert verify_raw(path, raw) is recorded_state(path, raw).status is RawStatus.UNREACHABLE
    assert not RawStatus.UNREACHABLE.usable


@pytest.mark.parametrize(
    "changes",
    [
        {"x": lambda body: body.x[::-1]},
        {"x": lambda body: body.x.astype(np.float32)},
        {"x": lambda body: body.x[:-1]},
        {"x": lambda body: None},
        {"y": lambda body: body.y[::-1]},
        {"split": lambda body: 1 - body.split},
        {"split": lambda body: np.zeros_like(body.split)},
        {"split": lambda body: np.ones_like(body.split)},
        {"split": lambda body: None},
    ],
)
def test_changed_content_is_damaged(path, body, changes):
    write(path, body, **{name: change(body) for name, change in changes.items()})
    raw = body.registered(SOURCE)
    assert verify_raw(path, raw) is RawStatus.DAMAGED
    # The record alone still claims the right content; only hashing tells.
    assert recorded_state(path, raw).status is RawStatus.VERIFIED


def test_truncated_file_is_damaged(path, body):
    write(path, body)
    path.write_bytes(path.read_bytes()[:-10])
    raw = body.registered(SOURCE)
    assert verify_raw(path, raw) is recorded_state(path, raw).status is RawStatus.DAMAGED


def test_split_where_there_should_be_none(path, body):
    write(path, body)
    assert verify_raw(path, body.registered(SOURCE, train_samples=None)) is RawStatus.DAMAGED


def test_recorded_source(path, body):
    write(path, body)
    assert recorded_state(path, body.registered(SOURCE)).source == "test"
