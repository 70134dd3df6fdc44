"""One part of a figure: a curve, a panel or a line, with the arrays that it draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from clustrace.config.plan import Run

Shown = TypeVar("Shown", covariant=True)

#: What a picture says of runs without files; the ledger tells why.
ABSENT = "not computed"


@dataclass(frozen=True)
class Part(Generic[Shown]):
    """One curve or panel, or the reason why it is missing."""

    row: str
    """Slug that stands for the row in the array's address: of the method, or of what is drawn."""
    column: str
    """Slug that stands for the column: of the data set, or of the table's column."""
    array: str
    """What is drawn, as in the array's address."""
    shown: Shown
    content: Mapping[str, np.ndarray] = field(default_factory=dict)
    """The arrays drawn, with a row for each point."""
    runs: tuple[str, ...] = ()
    """Folders of the runs, and files of true labels, that they are of."""
    seeds: tuple[int, ...] = ()
    aggregation: str = "single seed"
    reason: str = ""
    in_picture: str = ""
    """The reason as a picture gives it: the same, whatever selection of runs it was made for."""

    @property
    def run(self) -> Run:
        """Data set and method, of parts that are of one run."""
        return Run(self.column, self.row)
