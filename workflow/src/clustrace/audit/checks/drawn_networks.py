"""What figures draw of networks, made anew from the files of runs and held against the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustrace.audit.case import Case
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.tree import TreeError

_NAMES = {"filters": ("filters",), "activations": ("edges", "counts")}


def of_network(case: Case, line: LedgerLine, run: str) -> Iterator[Mapping[str, NDArray[Any]]]:
    """The arrays of each file of this kind in a run.

    Raises:
        TreeError: one cannot be read, lacks an array, or has filters that are no weights of its
            network.
    """
    for path in case.tree.beside(run):
        if not path.startswith(f"{run}/{line.metric}-"):
            continue
        found = case.tree.arrays(path)
        missing = set(_NAMES[line.metric]) - found.arrays.keys()
        if missing:
            raise TreeError(f"{path} has no {', '.join(sorted(missing))}")
        if (found.about.get("seed"),) != line.seeds:
            raise TreeError(f"{line.address} names other seeds than {path}")
        if line.metric == "filters":
            _refuse_others(case, path, found.arrays["filters"])
        yield {name: found.arrays[name] for name in _NAMES[line.metric]}


def _refuse_others(case: Case, path: str, filters: NDArray[Any]) -> None:
    """Hold filters against the weights that their job read, where they are here.

    Raises:
        TreeError: they are none of them.
    """
    rows = filters.reshape(len(filters), -1)
    for job in case.records.makers(path)[:1]:
        weights = job.only(job.record.inputs, "weights")
        if weights is None or not case.tree.exists(weights.path):
            continue
        prefix = f"seed-{min(job.record.seeds, default=0)}/network/"
        layers = (
            array
            for name, array in case.tree.arrays(weights.path).arrays.items()
            if name.startswith(prefix) and array.ndim == 2 and array.shape[1] == rows.shape[1]
        )
        if not any(np.array_equal(layer[: len(rows)], rows) for layer in layers):
            raise TreeError(f"{path} has other filters than {weights.path}")
