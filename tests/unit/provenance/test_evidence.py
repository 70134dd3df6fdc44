"""Evidence: the basis of a confirmation by its documented definition, and its file."""

import hashlib
from datetime import date

import pytest

from clustrace.errors import StorageError
from clustrace.provenance.evidence import (
    Confirmation,
    Rung,
    basis,
    read_evidence,
    write_evidence,
)

CELL = {
    "address": "dcec.table1.dcec.usps.acc",
    "value": 0.1 + 0.2,
    "printed": "30.00 ± 1.00",
    "content_sha256": "",
    "files": {"results/paper/truth/usps.safetensors.gz": "b" * 64, "a/predictions": "a" * 64},
}


def confirmation(address=CELL["address"], **fields):
    filled = {"rung": Rung.PREDICTIONS, "basis": "c" * 64, "date": date(2026, 3, 1), **fields}
    return Confirmation(address=address, **filled)


def test_the_basis_is_the_hash_of_the_documented_text():
    text = (
        '{"address":"dcec.table1.dcec.usps.acc","content_sha256":"","files":{"a/predictions":"'
        + "a" * 64
        + '","results/paper/truth/usps.safetensors.gz":"'
        + "b" * 64
        + '"},"printed":"30.00 ± 1.00","value":"0.30000000000000004"}'
    )
    assert basis(**CELL) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("address", "dcec.table1.dcec.usps.nmi"),
        ("value", 0.3),
        ("value", None),
        ("printed", "30.00"),
        ("content_sha256", "d" * 64),
        ("files", {"a/predictions": "a" * 64}),
        ("files", {**CELL["files"], "a/predictions": "d" * 64}),
    ],
)
def test_the_basis_changes_with_each_of_its_parts(part, other):
    assert basis(**{**CELL, part: other}) != basis(**CELL)


def test_rungs_stand_in_their_order():
    assert [rung.height for rung in Rung] == [1, 2, 3, 4, 5]
    assert Rung.RETRAINED.height > Rung.WEIGHTS.height > Rung.RECORDED.height


def test_confirmations_come_back_as_they_were(tmp_path):
    path = tmp_path / "evidence/dcec.csv"
    written = [
        confirmation("dcec.b", checks="CELL-001 RUN-002", environment="e" * 64),
        confirmation("dcec.a", rung=Rung.RETRAINED),
    ]
    write_evidence(path, written)
    assert read_evidence(path) == {each.address: each for each in written}
    assert list(read_evidence(path)) == ["dcec.a", "dcec.b"]


def test_without_a_file_nothing_is_confirmed(tmp_path):
    assert read_evidence(tmp_path / "dcec.csv") == {}


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("predictions", "certain", "rung"),
        ("c" * 64, "c" * 63, "basis"),
        ("2026-03-01", "yesterday", "date"),
        (",rung,", ",rank,", "rung"),
        ("dcec.b", "dcec.a", "dcec.a twice"),
        ("dcec.b", '"dcec.b', "could not be read as evidence"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused(tmp_path, before, after, message):
    path = tmp_path / "dcec.csv"
    write_evidence(path, [confirmation("dcec.a"), confirmation("dcec.b")])
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(StorageError, match=message) as caught:
        read_evidence(path)
    assert str(caught.value).endswith("run the audit again with --save.")
