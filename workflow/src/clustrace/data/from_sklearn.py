"""Data sets that scikit-learn ships, or fetches and keeps in its own folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_never

import numpy as np
from scipy.sparse import csr_matrix

from clustrace.config.datasets import RawData
from clustrace.config.sources import ScikitLearnSource
from clustrace.data.bodies import Body, Documents, Samples, TermWeights
from clustrace.data.newsgroups import by_newsgroup
from clustrace.errors import DataError, UnreachableError


def read_scikit_learn(source: ScikitLearnSource, raw: RawData) -> Body:
    """What a loader of scikit-learn gives, in the publisher's order.

    Raises:
        UnreachableError: it has to be fetched and cannot be.
        DataError: it is not as expected.
    """
    from sklearn import datasets  # slow to import, and rarely needed

    match source.loader:
        case "load_digits":
            digits = datasets.load_digits()
            return Samples(digits.images.astype(raw.dtype), digits.target.astype(np.int64))
        case "fetch_20newsgroups":
            parts = [_fetched(datasets.fetch_20newsgroups, subset=p) for p in ("train", "test")]
            return _newsgroups(parts)
        case "fetch_rcv1":
            return _rcv1(_fetched(datasets.fetch_rcv1, subset="all"))
        case _:
            assert_never(source.loader)


def _fetched(loader: Any, **options: Any) -> Any:
    try:
        return loader(**options, n_retries=1)
    except Exception as error:  # whatever a loader lets through: of the network, of its cache
        raise UnreachableError(f"scikit-learn could not fetch it ({error})") from error


def _newsgroups(parts: list[Any]) -> Documents:
    """Messages in the order of their files, which scikit-learn shuffles, with their own bytes."""
    messages = {}
    for part, bunch in enumerate(parts):
        names = [bunch.target_names[label] for label in bunch.target]
        for text, file, group in zip(bunch.data, bunch.filenames, names, strict=True):
            # Decoded as latin1, where each byte is a character.
            messages[part, group, Path(file).name] = text.encode("latin1")
    return by_newsgroup(messages, "scikit-learn")


def _rcv1(bunch: Any) -> TermWeights:
    if list(bunch.target_names) != sorted(bunch.target_names):
        raise DataError("scikit-learn has the topics in another order than that of their codes")
    weights = csr_matrix(bunch.data, dtype=np.float32)
    weights.sort_indices()
    return TermWeights(
        weights, csr_matrix(bunch.target, dtype=np.uint8), tuple(map(str, bunch.target_names))
    )
