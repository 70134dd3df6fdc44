"""Check on ledgers in Parquet: do they say what the CSV says?"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from clustrace.audit.case import Case
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.tree import TreeError


class ParquetSame(Check):
    """CELL-017."""

    id = "CELL-017"
    title = "Every ledger in Parquet says what its CSV says"
    level = Level.HASHES
    why = "Whoever analyses the numbers reads them there."
    mend = "Delete the Parquet file and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare both forms of each ledger, field by field."""
        for ledger in case.ledgers.values():
            path = ledger.path.replace(".csv", ".parquet")
            if not case.tree.exists(path):
                yield skipped(path, "it is not here; `make restore` or `clustrace run` writes it")
                continue
            try:
                text = case.tree.text(ledger.path)
                written = list(csv.DictReader(io.StringIO(text, newline="")))
                found = _read(case.tree.content(path))
            except (TreeError, ValueError, OSError) as error:
                yield failed(path, f"it cannot be read ({error})", "the ledger in Parquet")
                continue
            yield _compared(path, found, written)


def _read(content: bytes) -> list[Mapping[str, Any]]:
    import pyarrow as pa  # Slow to import, and fresh clones have no such file.
    import pyarrow.parquet as pq

    try:
        rows: list[Mapping[str, Any]] = pq.read_table(pa.BufferReader(content)).to_pylist()
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error
    return rows


def _compared(
    path: str, found: list[Mapping[str, Any]], written: list[dict[str, str]]
) -> Observation:
    by_address = {str(row.get("address")): row for row in found}
    if len(found) != len(written) or by_address.keys() != {row["address"] for row in written}:
        return failed(path, f"{len(found)} rows", f"the {len(written)} of the CSV")
    for row in written:
        other = by_address[row["address"]]
        for name, text in row.items():
            if not _same(other.get(name), text):
                return failed(path, f"{row['address']}: {name} {other.get(name)}", text)
    return passed(path)


def _same(value: Any, text: str) -> bool:
    if value is None:
        return not text
    if isinstance(value, float):
        return repr(value) == repr(float(text)) if text else False
    return str(value) == text
