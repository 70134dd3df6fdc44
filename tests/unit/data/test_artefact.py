import gzip

import numpy as np
import pytest

from clustrace.data.artefact import (
    Outcome,
    Status,
    is_artefact,
    read_artefact,
    smallest_integers,
    write_artefact,
)
from clustrace.errors import StorageError

SUFFIXES = pytest.mark.parametrize("suffix", [".safetensors", ".safetensors.gz"])


@SUFFIXES
def test_round_trip_and_equal_bytes(tmp_path, suffix):
    arrays = {"b": np.arange(6).reshape(2, 3), "a": np.ones(3, np.float32)}
    one, two = (tmp_path / f"{name}{suffix}" for name in ("one", "two"))
    for path in (one, two):
        write_artefact(path, arrays, about={"z": 1, "a": [1, None]})
    assert one.read_bytes() == two.read_bytes()
    artefact = read_artefact(one)
    assert artefact.outcome.ok and artefact.about == {"z": 1, "a": [1, None]}
    assert artefact.arrays["b"].dtype == np.int64
    assert np.array_equal(artefact.arrays["b"], arrays["b"])
    without = read_artefact(one, load=False)
    assert without.arrays == {} and without.about == artefact.about


def test_compressed_files_are_gzip_without_name_and_time(tmp_path):
    path = tmp_path / "labels.safetensors.gz"
    write_artefact(path, {"labels": np.zeros(10_000, np.uint8)})
    content = path.read_bytes()
    assert content[:3] == b"\x1f\x8b\x08" and content[3:8] == bytes(5)
    assert len(content) < 500
    assert len(gzip.decompress(content)) > 10_000


def test_artefacts_are_known_by_their_names():
    assert is_artefact("a/model.safetensors") and is_artefact("a/labels.safetensors.gz")
    assert not is_artefact("a/metrics.json") and not is_artefact("a/history.csv.gz")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 9], np.uint8),
        ([0, 255], np.uint8),
        ([0, 256], np.uint16),
        ([-1, 9], np.int8),
        ([-1, 200], np.int16),
        ([0, 2**31], np.uint32),
        ([-1, 2**40], np.int64),
        ([], np.uint8),
    ],
)
def test_integers_keep_their_values_in_the_smallest_type(values, kind):
    found = smallest_integers(np.array(values, dtype=np.int64))
    assert found.dtype == kind and found.tolist() == values


def test_an_outcome_carries_its_reason(tmp_path):
    outcome = Outcome(Status.UNREACHABLE, "no network", "fetch usps")
    write_artefact(tmp_path / "a", outcome=outcome)
    assert read_artefact(tmp_path / "a").outcome == outcome


@pytest.mark.parametrize("damage", [lambda b: b[:20], lambda b: b"", lambda b: b"x" * 99])
@SUFFIXES
def test_damaged_files_are_named(tmp_path, damage, suffix):
    path = tmp_path / f"a{suffix}"
    write_artefact(path, {"a": np.arange(100)})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StorageError, match=r"a\.safetensors.* is missing, truncated or not"):
        read_artefact(path)
