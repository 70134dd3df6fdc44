"""Reading the histories of trainings."""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

History = Mapping[int, Sequence[Mapping[str, float]]]


def read_history(text: str) -> History:
    """Rows of each seed, in order; fields that are empty are left out.

    Raises:
        ValueError: it is no history, or a value is not a finite number.
    """
    rows: dict[int, list[Mapping[str, float]]] = defaultdict(list)
    for number, line in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=2):
        if None in line or None in line.values():
            raise ValueError(f"line {number} does not have the fields of the header")
        row = {name: float(value) for name, value in line.items() if value}
        for name, value in row.items():
            if not math.isfinite(value):
                raise ValueError(f"line {number}: {name} is {value}")
        if "seed" not in row or "iteration" not in row:
            raise ValueError(f"line {number} has no seed or no iteration")
        rows[int(row["seed"])].append(row)
    return rows
