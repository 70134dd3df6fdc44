"""Which runs the numbers of the ledgers rest on: as much of a ledger as the lineage needs.

Ledgers of any version are read, and nothing of evaluate is imported for it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cells:
    """Numbers of all ledgers of a folder.

    Attributes:
        runs: paths of the member runs of each number, by its address.
        arrays: addresses of what figures draw.
        ledger_of: path of the ledger that has an address, relative to the root.
        unreadable: why a ledger could not be read, by path.
    """

    runs: Mapping[str, tuple[str, ...]]
    arrays: frozenset[str]
    ledger_of: Mapping[str, str]
    unreadable: Mapping[str, str]


def read_cells(folder: Path, root: Path) -> Cells:
    """Numbers of all ledgers of a folder, with their runs; paths are taken from ``root``."""
    kinds: dict[str, str] = {}
    runs: dict[str, tuple[str, ...]] = {}
    ledger_of: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for path in sorted(folder.glob("*.csv")):
        name = path.relative_to(root).as_posix()
        try:
            rows = _rows(path)
        except (OSError, ValueError, csv.Error) as error:
            unreadable[name] = f"it cannot be read as a ledger ({error})"
            continue
        for row in rows:
            runs[row["address"]] = tuple(row["runs"].split())
            kinds[row["address"]] = row.get("kind", "")
            ledger_of[row["address"]] = name
    arrays = frozenset(address for address, kind in kinds.items() if kind == "array")
    return Cells(runs, arrays, ledger_of, unreadable)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle, strict=True, restval="")
        if not {"address", "runs"} <= set(reader.fieldnames or ()):
            raise ValueError("it has no columns address and runs")
        return list(reader)
