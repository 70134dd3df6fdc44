"""What a data set must hold by the raw data: rows, labels and features, prepared once more."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustrace.audit.content import Arrays, is_sparse, samples
from clustrace.audit.rows import Rows
from clustrace.config.datasets import DataSet, TopicChoice, Transform

#: Number of the part that results are scored on.
TEST = 2

_WORD = re.compile(r"\b\w\w+\b")
#: Transforms that audits repeat, by their estimators.
_TFIDF = "clustrace.data.text:FrequentWordsTfidf"
_TERMS = "clustrace.data.text:MostFrequentTerms"


@dataclass(frozen=True)
class Expected:
    """What a data set must hold.

    Attributes:
        features: dense or sparse; None where audits do not repeat the transforms.
        labels: class of each sample.
        index: row of each sample in the raw data.
        tolerance: relative difference that rounding may make in the features.
        part: 0 for training, 1 for validation, 2 for test samples; None: they are not kept apart.
    """

    features: NDArray[np.float32] | Rows | None
    labels: NDArray[np.int64]
    index: NDArray[np.int64]
    tolerance: float = 0.0
    part: NDArray[np.int8] | None = None


def expected_of(arrays: Arrays, dataset: DataSet, width: int, drawn: int | None) -> Expected:
    """Rows, labels and features of a data set as config/ declares it.

    Args:
        arrays: the raw data.
        dataset: the data set.
        width: number of terms, where raw data are weights of terms.
        drawn: samples that are drawn of it; None for all.

    Raises:
        KeyError: an array is missing.
        ValueError: arrays or classes do not fit together.
    """
    index = np.arange(samples(arrays))
    if dataset.part != "all":
        index = index[arrays["split"] == {"train": 0, "test": 1}[dataset.part]]
    if dataset.topics is not None:
        index, labels = _of_topics(arrays, index, dataset.topics, dataset.classes)
    else:
        labels = arrays["y"][index]
    chosen = _drawn(len(index), drawn)
    index, labels = index[chosen].astype(np.int64), labels[chosen].astype(np.int64)
    features, tolerance = _features(arrays, index, dataset, width)
    part = None
    if dataset.validation_samples is not None:
        part = _part(index, int((arrays["split"] == 0).sum()), dataset.validation_samples)
    return Expected(features, labels, index, tolerance, part)


def _drawn(count: int, drawn: int | None) -> NDArray[np.int64]:
    """Positions of the samples that are drawn, ascending; all where so many are asked for."""
    if drawn is None or drawn >= count:
        return np.arange(count)
    # The stream that prepare draws from, which NumPy keeps the same in all versions.
    return np.sort(np.random.RandomState(0).permutation(count)[:drawn])


def _part(index: NDArray[np.int64], training: int, validation: int) -> NDArray[np.int8]:
    """Parts of samples by their rows: training, then validation, then test samples."""
    bounds = np.array([training - validation, training])
    return np.searchsorted(bounds, index, side="right").astype(np.int8)


def parts_of(dataset: DataSet, training: int, drawn: int | None) -> NDArray[np.int8]:
    """Part of each sample of a data set that keeps its parts apart, by config/ alone.

    Args:
        dataset: the data set.
        training: samples in the training part of its raw data.
        drawn: samples that are drawn of it; None for all.
    """
    assert dataset.validation_samples is not None
    return _part(_drawn(dataset.samples, drawn), training, dataset.validation_samples)


def _features(
    arrays: Arrays, index: NDArray[Any], dataset: DataSet, width: int
) -> tuple[NDArray[np.float32] | Rows | None, float]:
    steps = dataset.transforms
    if is_sparse(arrays):
        rows = Rows.of(arrays, "x", width).taken(index)
        if not steps:
            return rows, 0.0
        return (_most_frequent(rows, steps[0]), 0.0) if _only(steps, _TERMS) else (None, 0.0)
    if "offsets" in arrays:
        return (_tfidf(arrays, index, steps[0]), 1e-5) if _only(steps, _TFIDF) else (None, 0.0)
    if steps:
        return None, 0.0
    x = arrays["x"]
    flat = x[index].reshape(len(index), math.prod(x.shape[1:])).astype(np.float32)
    flat += np.float32(dataset.unit_range.offset)
    flat /= np.float32(dataset.unit_range.divisor)
    return flat, 0.0


def _only(steps: Sequence[Transform], estimator: str) -> bool:
    return len(steps) == 1 and steps[0].estimator == estimator


def _of_topics(
    arrays: Arrays, index: NDArray[Any], choice: TopicChoice, classes: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Documents with exactly one of some topics, and the rank of it among those taken."""
    names = arrays["topics.names"].tobytes().decode("utf-8").split("\n")
    codes = sorted(choice.among)
    wanted = {names.index(code): i for i, code in enumerate(codes)}
    starts, topics = arrays["topics.indptr"], arrays["topics.indices"]
    single: dict[int, int] = {}
    for row in index.tolist():
        found = [wanted[t] for t in topics[starts[row] : starts[row + 1]].tolist() if t in wanted]
        if len(found) == 1:
            single[row] = found[0]
    sizes = Counter(single.values())
    order = sorted(sizes, key=lambda topic: (-sizes[topic], topic))
    taken = order[choice.skip_largest : choice.skip_largest + classes]
    if len(taken) < classes:
        raise ValueError(f"documents of {len(taken)} topics instead of {classes}")
    rank = {topic: i for i, topic in enumerate(taken)}
    members = [(row, rank[topic]) for row, topic in single.items() if topic in rank]
    return np.array([row for row, _ in members]), np.array([label for _, label in members])


def _most_frequent(rows: Rows, step: Transform) -> Rows:
    sums = rows.sums()
    count = int(str(step.arguments.get("n_terms", 2000)))
    order = sorted(range(rows.width), key=lambda column: (-sums[column], column))
    return rows.with_columns(np.array(sorted(order[:count]), int))


def _tfidf(arrays: Arrays, index: NDArray[Any], step: Transform) -> Rows | None:
    """tf-idf of the most frequent words, rows of unit length; None for other lengths."""
    given = {"n_words": 2000, "norm": "l2", "sublinear_tf": False, "stop_words": ""}
    given |= step.arguments
    if given["norm"] != "l2":
        return None
    left_out = set(str(given["stop_words"]).split())
    counts = [_words(arrays, int(row), left_out) for row in index]
    total: Counter[str] = Counter()
    having: Counter[str] = Counter()
    for of_text in counts:
        total.update(of_text)
        having.update(of_text.keys())
    order = sorted(total, key=lambda word: (-total[word], word))[: int(str(given["n_words"]))]
    column = {word: i for i, word in enumerate(sorted(order))}
    weight = {w: math.log((1 + len(counts)) / (1 + having[w])) + 1 for w in column}
    scaled = [
        {w: 1 + math.log(n) if given["sublinear_tf"] else n for w, n in of_text.items()}
        for of_text in counts
    ]
    return Rows.made([_unit(of_text, column, weight) for of_text in scaled], len(column))


def _words(arrays: Arrays, row: int, left_out: Collection[str]) -> Counter[str]:
    start, end = arrays["offsets"][row : row + 2]
    words = _WORD.findall(arrays["x"][start:end].tobytes().decode("latin1").lower())
    return Counter(word for word in words if word not in left_out)


def _unit(
    counts: Mapping[str, float], column: Mapping[str, int], weight: Mapping[str, float]
) -> dict[int, float]:
    values = {column[w]: n * weight[w] for w, n in counts.items() if w in column}
    length = math.sqrt(math.fsum(value**2 for value in values.values()))
    return {c: value / length for c, value in values.items()}
