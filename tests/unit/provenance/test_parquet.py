"""The ledger as Parquet: the content of the CSV, with types."""

import pyarrow.parquet as pq

from clustrace.provenance.ledger import LedgerRow, address, write_ledger
from clustrace.provenance.parquet import write_parquet


def ledger_row(row, **fields):
    slugs = {"paper": "dcec", "table": "table1", "row": row, "column": "usps", "metric": "acc"}
    return LedgerRow(address=address(**slugs), **slugs, protocol="paper", kind="cell", **fields)


ROWS = [
    ledger_row("idec", reason="not yet implemented"),
    ledger_row(
        "dcec", value=0.1 + 0.2, std=1e-17, n=3, printed="30.00 ± 0.00", verdict="lower",
        evidence="weights",
    ),
]  # fmt: skip


def test_it_holds_what_the_csv_holds(tmp_path):
    write_parquet(tmp_path / "dcec.parquet", ROWS)
    write_ledger(tmp_path / "dcec.csv", ROWS)
    table = pq.read_table(tmp_path / "dcec.parquet").to_pylist()
    assert [line["address"] for line in table] == [
        "dcec.table1.dcec.usps.acc",
        "dcec.table1.idec.usps.acc",
    ]
    texts = [",".join("" if v is None else str(v) for v in line.values()) for line in table]
    assert texts == (tmp_path / "dcec.csv").read_text(encoding="utf-8").splitlines()[1:]


def test_numbers_are_numbers_also_where_all_are_missing(tmp_path):
    write_parquet(tmp_path / "dcec.parquet", ROWS[:1])
    schema = pq.read_schema(tmp_path / "dcec.parquet")
    found = {name: str(schema.field(name).type) for name in ("value", "p_value", "n", "evidence")}
    assert found == {"value": "double", "p_value": "double", "n": "int64", "evidence": "string"}


def test_equal_rows_give_equal_bytes(tmp_path):
    write_parquet(tmp_path / "a.parquet", ROWS)
    write_parquet(tmp_path / "b.parquet", ROWS[::-1])
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
