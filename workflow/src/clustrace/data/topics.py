"""Classes out of topics: documents that have exactly one of some topics, largest topics first."""

from __future__ import annotations

import numpy as np

from clustrace.config.datasets import TopicChoice
from clustrace.data.bodies import TermWeights
from clustrace.errors import DataError, NotApplicableError


def of_one_topic(
    body: TermWeights, index: np.ndarray, choice: TopicChoice, classes: int, title: str
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the documents that a choice takes, ascending, and the class of each.

    Class 0 is the largest topic that is taken. Of topics with equally many documents, the one
    goes first whose code comes first.

    Args:
        body: documents with topics.
        index: rows that may be taken, ascending.
        choice: which topics.
        classes: number of topics to take.
        title: name of the data set, for messages.

    Raises:
        DataError: the documents know none of the topics by one of the codes.
        NotApplicableError: fewer topics have documents than are to be taken.
    """
    codes = sorted(choice.among)
    missing = sorted(set(codes) - set(body.names))
    if missing:
        raise DataError(
            f"{title} chooses among topics that its documents do not have "
            f"({', '.join(missing[:5])}); correct 'topics' in config/datasets.yaml."
        )
    has = body.topics[index][:, [body.names.index(code) for code in codes]]
    single = np.flatnonzero(has.getnnz(axis=1) == 1)
    topic = has[single].indices
    sizes = np.bincount(topic, minlength=len(codes))
    largest = np.argsort(-sizes, kind="stable")[choice.skip_largest :][:classes]
    filled = int(np.count_nonzero(sizes[largest]))
    if filled < classes:
        raise NotApplicableError(
            f"{title} has documents of {filled} topics, after the {choice.skip_largest} largest, "
            f"instead of {classes}; take fewer clusters or more documents."
        )
    rank = np.full(len(codes), -1)
    rank[largest] = np.arange(classes)
    kept = rank[topic] >= 0
    return index[single[kept]], rank[topic[kept]].astype(np.int64)
