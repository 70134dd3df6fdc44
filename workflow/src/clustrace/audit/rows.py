"""Sparse rows as three arrays: values, the column of each, and where each row starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PARTS = ("data", "indices", "indptr")


@dataclass(frozen=True)
class Rows:
    """Sparse rows [n, width], columns ascending in each."""

    data: NDArray[Any]
    indices: NDArray[Any]
    indptr: NDArray[Any]
    width: int

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]], name: str, width: int) -> Rows:
        """Rows that arrays ``<name>.data``, ``.indices`` and ``.indptr`` keep.

        Raises:
            KeyError: an array is missing.
            ValueError: the arrays do not fit together.
        """
        data, indices, indptr = (arrays[f"{name}.{part}"] for part in _PARTS)
        if not (data.ndim == indices.ndim == indptr.ndim == 1) or len(data) != len(indices):
            raise ValueError("values and columns are not equally many")
        if not len(indptr) or indptr[0] != 0 or indptr[-1] != len(data):
            raise ValueError("its rows do not hold all of its values")
        if (np.diff(indptr) < 0).any():
            raise ValueError("a row ends before it starts")
        if len(indices) and not 0 <= indices.min() <= indices.max() < width:
            raise ValueError(f"a column is none of {width}")
        return cls(data, indices, indptr, width)

    @classmethod
    def made(cls, rows: Sequence[Mapping[int, float]], width: int) -> Rows:
        """Rows out of the values of each by column."""
        columns = [sorted(row) for row in rows]
        flat = [row[c] for row, cs in zip(rows, columns, strict=True) for c in cs]
        indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
        return cls(np.array(flat), np.array([c for cs in columns for c in cs], int), indptr, width)

    def taken(self, index: NDArray[Any]) -> Rows:
        """Some of the rows."""
        lengths = (self.indptr[1:] - self.indptr[:-1])[index]
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(indptr[-1]) + np.repeat(self.indptr[:-1][index] - indptr[:-1], lengths)
        return Rows(self.data[places], self.indices[places], indptr, self.width)

    def with_columns(self, columns: NDArray[Any]) -> Rows:
        """Some of the columns, given in ascending order."""
        number = np.full(self.width, -1)
        number[columns] = np.arange(len(columns))
        kept = number[self.indices] >= 0
        ends = np.concatenate([[0], np.cumsum(kept)])[self.indptr]
        return Rows(self.data[kept], number[self.indices[kept]], ends, len(columns))

    def sums(self) -> NDArray[np.float64]:
        """Sum of each column."""
        totals = np.bincount(self.indices, self.data.astype(np.float64), self.width)
        return totals.astype(np.float64)

    def same(self, other: Rows, tolerance: float) -> bool:
        """Whether the same places hold the same values, up to a relative tolerance."""
        return (
            self.width == other.width
            and np.array_equal(self.indptr, other.indptr)
            and np.array_equal(self.indices, other.indices)
            and np.allclose(self.data, other.data, rtol=tolerance, atol=0)
        )
