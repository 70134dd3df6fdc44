"""Checks on what figures draw."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from clustrace.audit.case import Case
from clustrace.audit.checks.records import short
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.scoreboard import label_vectors
from clustrace.audit.tree import TreeError

_CURVE = re.compile(r"(loss|label-change)(?:-layer-(.+))?")
_MOST_POINTS = 600


class ArraysRecomputed(Check):
    """CELL-011."""

    id = "CELL-011"
    title = "What figures draw is what embeddings and histories hold"
    level = Level.PREDICTIONS
    why = "A figure convinces more than a number, and is checked less."
    mend = "Delete the ledger and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Hash the arrays of every panel and curve anew."""
        for line in case.lines("array"):
            if not line.content_sha256:
                if line.reason:
                    yield passed(line.address)
                else:
                    yield failed(line.address, "neither an array nor a reason", "one of them")
                continue
            try:
                contents = list(_contents(case, line))
            except (TreeError, ValueError) as error:
                yield failed(line.address, error, "what its figure draws")
                continue
            hashes = {_sha256(content): _points(content) for content in contents}
            if not hashes:
                reason = "nothing here tells how this array was made"
                yield skipped(line.address, reason)
            elif line.content_sha256 not in hashes:
                yield failed(line.address, short(line.content_sha256), short(next(iter(hashes))))
            elif hashes[line.content_sha256] != line.n:
                yield failed(line.address, f"n {line.n}", hashes[line.content_sha256])
            else:
                yield passed(line.address)


Content = Mapping[str, NDArray[np.generic]]


def _contents(case: Case, line: LedgerLine) -> Iterator[Content]:
    """What the run holds of this kind: one curve, or the panel of each embedding.

    Raises:
        TreeError: a file cannot be read.
        ValueError: the history is none.
    """
    match = _CURVE.fullmatch(line.metric)
    for run in line.runs:
        if match is not None:
            column = match[1].replace("-", "_")
            yield _curve(case.tree.text(f"{run}/history.csv"), column, match[2])
            continue
        for path in case.tree.beside(run):
            if line.metric == "tsne" and path.startswith(f"{run}/embedding"):
                yield _panel(case, run, path)


def _panel(case: Case, run: str, path: str) -> Content:
    """What is drawn of an embedding; its clusters must be those of the run's label vectors.

    Raises:
        TreeError: they are not, or a file cannot be read.
    """
    embedding = case.tree.arrays(path)
    missing = {"points", "clusters", "index"} - embedding.arrays.keys()
    if missing:
        raise TreeError(f"{path} has no {', '.join(sorted(missing))}")
    for predictions in case.tree.beside(run):
        if predictions.startswith(f"{run}/predictions."):
            vectors = label_vectors(case.tree.arrays(predictions))
            labels = vectors.get(embedding.about.get("seed", -1))
            index = embedding.arrays["index"]
            if labels is None or not np.isin(index, np.arange(len(labels))).all():
                raise TreeError(f"{path} is of other samples than {predictions}")
            if not np.array_equal(labels[index], embedding.arrays["clusters"]):
                raise TreeError(f"{path} has other clusters than {predictions}")
    return {name: embedding.arrays[name] for name in ("points", "clusters")}


def _curve(history: str, column: str, layer: str | None) -> Content:
    """The curve of the first seed of a history: what is drawn of it, at most 600 points."""
    rows = list(csv.DictReader(io.StringIO(history, newline="")))
    seed = rows[0].get("seed") if rows else None
    part = [
        (float(row.get("iteration") or ""), float(row.get(column) or math.nan))
        for row in rows
        if row.get("seed") == seed and _is_layer(row.get("phase"), layer)
    ]
    # Losses stand on a logarithmic axis.
    drawn = [(x, y) for x, y in part if math.isfinite(y) and (y > 0 or column != "loss")]
    if len(drawn) > _MOST_POINTS:
        kept = np.linspace(0, len(drawn) - 1, _MOST_POINTS).round().astype(int)
        drawn = [drawn[index] for index in kept]
    return {
        "iterations": np.array([x for x, _ in drawn], dtype="<f8"),
        "values": np.array([y for _, y in drawn], dtype="<f8"),
    }


def _is_layer(phase: str | None, layer: str | None) -> bool:
    return phase == layer if layer is not None else phase in (None, "", "0")


def _points(content: Content) -> int:
    return len(next(iter(content.values())))


def _sha256(content: Content) -> str:
    """Sha256 of names, types and shapes as JSON, followed by the arrays in the order of names."""
    names = sorted(content)
    header = {name: [content[name].dtype.str, list(content[name].shape)] for name in names}
    digest = hashlib.sha256(json.dumps(header, separators=(",", ":")).encode())
    for name in names:
        digest.update(content[name].tobytes())
    return digest.hexdigest()
