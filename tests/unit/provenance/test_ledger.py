"""The ledger file: round trip, order, and refusal of what cannot be right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from clustrace.errors import StorageError
from clustrace.evaluate.verdicts import VerdictKind
from clustrace.provenance.evidence import Rung
from clustrace.provenance.ledger import LedgerRow, address, read_ledger, write_ledger


def ledger_row(row="dcec", **fields):
    slugs = {"paper": "dcec", "table": "table1", "row": row, "column": "usps", "metric": "acc"}
    filled = {
        "value": 0.1 + 0.2,
        "std": 1 / 3,
        "n": 3,
        "seeds": "0 1 2",
        "printed": "30.00 ± 33.33",
    }
    return LedgerRow(
        address=address(**slugs), **slugs, protocol="paper", kind="cell", **{**filled, **fields}
    )


def full_row():
    return ledger_row(
        runs="runs/usps/dcec/0-2",
        rounding="percent, 2 decimals, half to even",
        aggregation="mean over seeds",
        published=79.0,
        published_unit="percent",
        published_printed="79.00",
        place='Table 1, "USPS"\npage 7',
        difference=-0.49,
        tolerance=1e-17,
        tolerance_from="interval",
        verdict=VerdictKind.LOWER,
        reason="seed 3: diverged, at once",
        evidence=Rung.WEIGHTS,
        capped="dec:0 dec:1",
    )


def array_row(**fields):
    slugs = {
        "paper": "dcec", "table": "figure3", "row": "dcec", "column": "usps", "metric": "tsne",
    }  # fmt: skip
    return LedgerRow(
        address=address(**slugs), **slugs, protocol="paper", kind="array",
        **{"content_sha256": "ab" * 32, "n": 1000, **fields},
    )  # fmt: skip


def test_rows_come_back_as_they_were(tmp_path):
    empty = ledger_row("idec", value=None, std=None, n=0, reason="not yet implemented")
    rows = (array_row(evidence=Rung.RECORDED), full_row(), empty)
    write_ledger(tmp_path / "dcec.csv", rows)
    assert read_ledger(tmp_path / "dcec.csv") == rows


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_floats_come_back_bit_for_bit(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("ledger") / "dcec.csv"
    write_ledger(path, [ledger_row(value=value)])
    assert repr(read_ledger(path)[0].value) == repr(value)


def test_bytes_do_not_depend_on_the_order_of_rows(tmp_path):
    rows = [ledger_row(slug) for slug in ("idec", "cae", "dec")]
    write_ledger(tmp_path / "a.csv", rows)
    write_ledger(tmp_path / "b.csv", rows[::-1])
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert [row.row for row in read_ledger(tmp_path / "a.csv")] == ["cae", "dec", "idec"]


def test_an_address_cannot_be_given_to_two_numbers(tmp_path):
    with pytest.raises(StorageError, match=r"dcec\.table1\.dcec\.usps\.acc twice"):
        write_ledger(tmp_path / "dcec.csv", [ledger_row(), ledger_row()])
    assert not (tmp_path / "dcec.csv").exists()


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("0.30000000000000004", "0.3x", "value"),
        ("0.30000000000000004", "nan", "value"),
        (",lower,", ",better,", "verdict"),
        ("dcec.table1.dcec.usps.acc", "dcec.table1.idec.usps.acc", "does not match the slugs"),
        ("dcec.table1.dcec.usps.acc,", "", "28 fields instead of 29"),
        (",weights,", ",certain,", "evidence"),
        ("ab" * 32, "ab" * 31, "content_sha256"),
        ("address,", "adress,", "does not have the columns"),
        ("dcec.table1.dcec", '"dcec.table1.dcec', "could not be read as a ledger"),
    ],
)
def test_a_corrupt_file_is_refused_with_a_sentence(tmp_path, before, after, message):
    path = tmp_path / "dcec.csv"
    write_ledger(path, [full_row(), array_row()])
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(StorageError, match=message) as caught:
        read_ledger(path)
    assert str(caught.value).endswith("delete it and run again.")


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_missing_empty_or_binary_file_is_refused(tmp_path, content):
    path = tmp_path / "dcec.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StorageError, match="could not be read as a ledger"):
        read_ledger(path)


def test_a_duplicated_line_is_refused(tmp_path):
    path = tmp_path / "dcec.csv"
    write_ledger(path, [ledger_row()])
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[-1]]), encoding="utf-8")
    with pytest.raises(StorageError, match="twice"):
        read_ledger(path)


def test_an_empty_cell_needs_a_reason():
    with pytest.raises(ValidationError, match="neither a value nor a reason"):
        ledger_row(value=None)


@pytest.mark.parametrize(
    ("make", "fields", "message"),
    [
        (array_row, {"content_sha256": ""}, "neither a value nor a reason"),
        (array_row, {"value": 0.5}, "both a number and an array"),
        (ledger_row, {"content_sha256": "ab" * 32}, "both a number and an array"),
    ],
)
def test_a_row_is_a_number_or_an_array(make, fields, message):
    with pytest.raises(ValidationError, match=message):
        make(**fields)
