"""The arrays that figures draw, made anew from what lies on disk."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustrace.audit.arrays import Arrays
from clustrace.audit.case import Case
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.scoreboard import label_vectors, labels_of
from clustrace.audit.tree import TreeError
from clustrace.config.figures import FEATURES, EmbeddingMap, Sweep

Content = Mapping[str, NDArray[np.generic]]

_MOST_POINTS = 600
_SAMPLING_SEED = 0


def panel(
    case: Case, line: LedgerLine, run: str, path: str, figure: EmbeddingMap | None
) -> Content:
    """What is drawn of an embedding; its clusters must be those of the run's label vectors.

    Raises:
        TreeError: they are not, its samples are others, or a file cannot be read.
    """
    embedding = case.tree.arrays(path)
    arrays = embedding.arrays
    missing = {"points", "index"} - arrays.keys()
    if missing:
        raise TreeError(f"{path} has no {', '.join(sorted(missing))}")
    counts = list(_labelled(case, run, path, embedding))
    points = arrays["points"]
    if line.metric == "plane" and not _is_plane(arrays):
        raise TreeError(f"{path} has other points than its embedding")
    truth = f"{case.folder}/truth/{line.column}.safetensors.gz"
    by_classes = truth in line.runs if figure is None else figure.colours == "classes"
    if not by_classes:
        if "clusters" not in arrays:
            raise TreeError(f"{path} has no clusters")
        kinds = {"clusters": arrays["clusters"]}
    else:
        if truth not in line.runs:
            raise TreeError(f"{line.address} does not name {truth}")
        labels = labels_of(case.tree, truth)
        counts.append(len(labels))
        if not np.isin(arrays["index"], np.arange(len(labels))).all():
            raise TreeError(f"{path} is of other samples than {truth}")
        kinds = {"classes": labels[arrays["index"]].astype("<i4")}
    wanted = [_drawn_samples(count, figure.samples) for count in counts] if figure else []
    if not all(np.array_equal(arrays["index"], index) for index in wanted):
        raise TreeError(f"{path} is of other samples than the seed draws")
    if line.row == FEATURES and "embedding" in arrays:
        _refuse_other_features(case, path, arrays)
    return {"points": points, **kinds}


def _labelled(case: Case, run: str, path: str, embedding: Arrays) -> Iterator[int]:
    """Compare the clusters of an embedding with the run's; yields the number of samples.

    Raises:
        TreeError: they are others, or a file cannot be read.
    """
    for predictions in case.tree.beside(run):
        if not predictions.startswith(f"{run}/predictions."):
            continue
        labels = label_vectors(case.tree.arrays(predictions)).get(embedding.about.get("seed", -1))
        index = embedding.arrays["index"]
        if labels is None or not np.isin(index, np.arange(len(labels))).all():
            raise TreeError(f"{path} is of other samples than {predictions}")
        if not np.array_equal(labels[index], embedding.arrays.get("clusters", ())):
            raise TreeError(f"{path} has other clusters than {predictions}")
        yield len(labels)


def _refuse_other_features(
    case: Case, path: str, arrays: Mapping[str, NDArray[np.generic]]
) -> None:
    """Hold what is drawn as features against the features that its job read, where they are here.

    Raises:
        TreeError: they are others, or cannot be read.
    """
    for job in case.records.makers(path)[:1]:
        source = job.only(job.record.inputs, "features")
        if source is not None and case.tree.exists(source.path):
            rows = _rows(case.tree.arrays(source.path), arrays["index"])
            if not np.array_equal(rows, arrays["embedding"]):
                raise TreeError(f"{path} has other features than {source.path}")


def _rows(features: Arrays, index: NDArray[Any]) -> NDArray[Any]:
    """Rows of features, dense or in compressed rows, as a dense array."""
    stored = features.arrays
    if "features" in stored:
        return np.asarray(stored["features"][index])
    starts, columns = stored["features.indptr"], stored["features.indices"]
    found = np.zeros((len(index), features.about["shape"][1]), dtype=np.float32)
    for place, row in enumerate(index):
        inside = slice(starts[row], starts[row + 1])
        found[place, columns[inside]] = stored["features.data"][inside]
    return found


def _is_plane(arrays: Mapping[str, NDArray[Any]]) -> bool:
    embedding = arrays.get("embedding")
    return embedding is not None and np.array_equal(embedding.astype("<f8"), arrays["points"])


def _drawn_samples(count: int, samples: int) -> NDArray[np.int64]:
    """Rows that a fixed seed draws without labels, in ascending order."""
    if samples >= count:
        return np.arange(count)
    generator = np.random.default_rng(_SAMPLING_SEED)
    return np.sort(generator.choice(count, samples, replace=False))


def curve(history: str, column: str, training: str) -> Content:
    """The curve of the first seed of a history: what is drawn of it, at most 600 points.

    Args:
        history: the history, as CSV.
        column: quantity.
        training: which of its trainings, as in the address: ``-layer-<k>`` and the like.

    Raises:
        ValueError: it is no history.
    """
    rows = list(csv.DictReader(io.StringIO(history, newline="")))
    seed = rows[0].get("seed") if rows else None
    part = [
        (float(row.get("iteration") or ""), float(row.get(column) or math.nan))
        for row in rows
        if row.get("seed") == seed and training_of(row) == training
    ]
    drawn = [(x, y) for x, y in part if math.isfinite(y)]
    if len(drawn) > _MOST_POINTS:
        kept = np.linspace(0, len(drawn) - 1, _MOST_POINTS).round().astype(int)
        drawn = [drawn[index] for index in kept]
    return _curve(drawn)


def _curve(points: list[tuple[float, float]]) -> Content:
    return {
        "iterations": np.array([x for x, _ in points], dtype="<f8"),
        "values": np.array([y for _, y in points], dtype="<f8"),
    }


def training_of(row: Mapping[str, str | None]) -> str:
    """Which training a row of a history is of: a layer's, a candidate's, or a stage of one."""
    layer = row.get("phase")
    parts = [f"-layer-{layer}"] if layer and layer != "0" else []
    parts += [f"-{name}-{row[name]}" for name in ("candidate", "stage") if row.get(name)]
    return "".join(parts)


def score_curve(case: Case, line: LedgerLine) -> Iterator[Content]:
    """Scores over time of the first seed of a run that has any.

    They are those of its metrics.json, which CELL-002 holds against the label vectors.

    Raises:
        TreeError: that file cannot be read, or is none.
    """
    for run in line.runs:
        path = f"{run}/metrics.json"
        try:
            seeds = case.tree.json(path)["seeds"]
            over_time = {int(seed): scores.get("trajectory") for seed, scores in seeds.items()}
            first = min(seed for seed, rows in over_time.items() if rows)
            rows = [(float(row["iteration"]), float(row[line.metric])) for row in over_time[first]]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TreeError(f"{path} has no scores over time ({error})") from error
        if (first,) != line.seeds:
            raise TreeError(f"{line.address} names other seeds than {first}")
        yield _curve(rows)


def sizes(case: Case, line: LedgerLine) -> Iterator[Content]:
    """Samples of each true class of a data set, largest first; nothing where there is none.

    Raises:
        TreeError: the labels cannot be read.
    """
    path = f"{case.folder}/truth/{line.column}.safetensors.gz"
    if not case.tree.exists(path) or not case.tree.arrays(path).ok:
        return
    counted = Counter(labels_of(case.tree, path).tolist())
    yield {"sizes": np.array(sorted(counted.values(), reverse=True), dtype="<i8")}


def swept(case: Case, figure: Sweep, line: LedgerLine) -> Iterator[Content]:
    """Cells of a line of a sweep by the value of its hyper-parameter; nothing without any.

    The cells are those of the ledger, which CELL-003 holds against the label vectors.

    Raises:
        TreeError: the ledger lacks a cell, names other runs, or the figure has no such line.
    """
    assert case.experiment is not None
    paper = case.experiment.papers[line.paper]
    table = paper.table(figure.table)
    declared = next((each for each in figure.lines if each.slug == line.row), None)
    if declared is None:
        raise TreeError(f"{line.row} is no line of {figure.slug}")
    dataset = next(c.dataset for c in table.columns if c.slug == figure.column)
    methods = {row.slug: row.method for row in table.rows}
    points: list[tuple[float, LedgerLine]] = []
    for slug in declared.rows:
        method = methods.get(slug)
        if method is None:
            continue
        address = ".".join((line.paper, table.slug, slug, figure.column, line.metric))
        cell = case.ledgers[line.paper].lines.get(address)
        if cell is None:
            raise TreeError(f"the ledger has no {address}")
        if cell.value is not None:
            place = case.experiment.argument(method, dataset, declared.parameter)
            points.append((float(str(place)), cell))
    points.sort(key=lambda point: point[0])
    cells = [cell for _, cell in points]
    if {run for cell in cells for run in cell.runs} != set(line.runs):
        raise TreeError(f"{line.address} names other runs than its cells")
    if cells:
        yield {
            "parameter": np.array([place for place, _ in points], dtype="<f8"),
            "mean": np.array([cell.value for cell in cells], dtype="<f8"),
            "deviation": np.array(
                [math.nan if cell.std is None else cell.std for cell in cells], dtype="<f8"
            ),
        }
