"""Losses of a training over its gradient steps, read from its history."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class History:
    """Losses of a training.

    Attributes:
        rows: rows of its CSV file.
    """

    rows: tuple[Mapping[str, str], ...]

    @classmethod
    def read(cls, path: Path) -> History:
        """Read a history."""
        with path.open(encoding="utf-8", newline="") as handle:
            return cls(tuple(csv.DictReader(handle)))

    @property
    def phases(self) -> int:
        """Number of phases of the training."""
        return len({row.get("phase") for row in self.rows}) or 1

    @property
    def steps(self) -> int:
        """Gradient steps of a seed, of all phases."""
        last: dict[tuple[str, str | None], int] = {}
        for row in self.rows:
            key = (row["seed"], row.get("phase"))
            last[key] = max(last.get(key, 0), int(row["iteration"]))
        seeds = {seed for seed, _ in last}
        return max((sum(n for (s, _), n in last.items() if s == seed) for seed in seeds), default=0)

    @property
    def losses(self) -> dict[tuple[str, int], float]:
        """Losses of the first phase by seed and iteration."""
        return {
            (row["seed"], int(row["iteration"])): float(row["loss"])
            for row in self.rows
            if row.get("phase", "1") == "1" and row.get("loss")
        }

    @property
    def second_loss(self) -> int:
        """Iteration of the second loss, or of the only one.

        Between the first two of a fine-tuning lies an update of its target distribution.
        """
        iterations = sorted({iteration for _, iteration in self.losses})
        return iterations[:2][-1] if iterations else 1

    def deviation(self, other: History) -> float:
        """Largest distance of the losses that both have, relative to those of this one."""
        mine, others = self.losses, other.losses
        apart = [
            abs(others[key] - loss) / (abs(loss) or 1.0)
            for key, loss in mine.items()
            if key in others
        ]
        return max(apart, default=math.inf) if all(map(math.isfinite, apart)) else math.inf
