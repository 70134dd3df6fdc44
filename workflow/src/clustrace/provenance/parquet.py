"""A ledger as Parquet, typed by column, for whoever analyses many of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from clustrace.files import atomic_path
from clustrace.provenance.ledger import LedgerRow

_NUMBERS = ("value", "std", "published", "difference", "tolerance", "p_value")


def write_parquet(path: str | Path, rows: Iterable[LedgerRow]) -> None:
    """Write the rows and columns of the CSV, in the same order, atomically.

    Numbers are float64, ``n`` is int64, all else is text; what is missing among numbers, verdicts
    and evidence is null, and empty text elsewhere.

    Raises:
        StorageError: the file could not be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {name: pa.string() for name in LedgerRow.model_fields}
    types |= {name: pa.float64() for name in _NUMBERS} | {"n": pa.int64()}
    ordered = sorted(rows, key=lambda row: row.address)
    table = pa.Table.from_pylist(
        [row.model_dump(mode="json") for row in ordered], schema=pa.schema(types)
    )
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary)
