import numpy as np
import pytest

from clustrace.data.artefact import Outcome, Status, read_artefact, write_artefact
from clustrace.errors import StorageError


def test_round_trip_and_equal_bytes(tmp_path):
    arrays = {"b": np.arange(6).reshape(2, 3), "a": np.ones(3, np.float32)}
    for name in ("one", "two"):
        write_artefact(tmp_path / name, arrays, about={"z": 1, "a": [1, None]})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    artefact = read_artefact(tmp_path / "one")
    assert artefact.outcome.ok and artefact.about == {"z": 1, "a": [1, None]}
    assert np.array_equal(artefact.arrays["b"], arrays["b"])
    assert read_artefact(tmp_path / "one", load=False).arrays == {}


def test_an_outcome_carries_its_reason(tmp_path):
    outcome = Outcome(Status.UNREACHABLE, "no network", "fetch usps")
    write_artefact(tmp_path / "a", outcome=outcome)
    assert read_artefact(tmp_path / "a").outcome == outcome


@pytest.mark.parametrize("damage", [lambda b: b[:20], lambda b: b"", lambda b: b"x" * 99])
def test_damaged_files_are_named(tmp_path, damage):
    path = tmp_path / "a.safetensors"
    write_artefact(path, {"a": np.arange(100)})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StorageError, match=r"a\.safetensors is missing, truncated or not"):
        read_artefact(path)
