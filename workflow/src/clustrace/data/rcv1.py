"""Parser of RCV1-v2 (Lewis et al., JMLR 5, 2004): weights of terms, and topics of documents."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from scipy.sparse import csr_matrix

from clustrace.data.bodies import TermWeights
from clustrace.errors import DataError

#: Files with weights, in the order of the documents: the training part comes first.
WEIGHTS = ("train", "test-0", "test-1", "test-2", "test-3")
TOPICS = "topics"
_GZIP = b"\x1f\x8b"


def read_rcv1(files: Mapping[str, Path]) -> TermWeights:
    """The five files of vectors, and the topics of each document (``rcv1-v2.topics.qrels``).

    A line of vectors is the number of a document, then ``term:weight``, terms from 1; one of the
    topics ``code document 1``. Topics get the order of their codes.

    Raises:
        DataError: a file is truncated or has other content, or a document has no topic.
    """
    parts, numbers = [], []
    for role in WEIGHTS:
        weights, documents = _read_weights(files[role])
        parts.append(weights)
        numbers.append(documents)
    return with_topics(_stacked(parts), np.concatenate(numbers), files[TOPICS])


def with_topics(weights: csr_matrix, numbers: np.ndarray, path: Path) -> TermWeights:
    """Join weights [n, n_terms] of documents with these numbers with the topics in a file.

    Raises:
        DataError: the file is no such list, or documents are missing in it.
    """
    names, codes, documents = _read_topics(path)
    order = np.argsort(numbers, kind="stable")
    place = np.searchsorted(numbers[order], documents)
    place = np.minimum(place, len(numbers) - 1)
    known = numbers[order][place] == documents
    rows = order[place[known]]
    ones = np.ones(len(rows), np.uint8)
    topics = csr_matrix((ones, (rows, codes[known])), shape=(len(numbers), len(names)))
    without = int(np.count_nonzero(topics.getnnz(axis=1) == 0))
    if without:
        raise DataError(f"{path.name} has no topic of {without} of {len(numbers)} documents.")
    topics.sort_indices()
    topics.data[:] = 1  # a topic that is listed twice counts once
    return TermWeights(weights, topics, tuple(names))


def _read_weights(path: Path) -> tuple[csr_matrix, np.ndarray]:
    from sklearn.datasets import load_svmlight_file  # slow to import, and rarely needed

    try:
        with _opened(path) as file:
            weights, numbers = load_svmlight_file(file, dtype=np.float32, zero_based=False)
    except (ValueError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path.name} is truncated or has other lines ({error}).") from error
    # Of int64 columns, which scikit-learn reads, half is enough.
    columns = weights.indices.astype(np.int32)
    return csr_matrix((weights.data, columns, weights.indptr), weights.shape), numbers.astype(int)


def _stacked(parts: list[csr_matrix]) -> csr_matrix:
    """Rows of all parts below each other, with as many columns as the widest."""
    starts = np.cumsum([0, *(part.nnz for part in parts)])
    indptr = [part.indptr[1:] + start for part, start in zip(parts, starts[:-1], strict=True)]
    shape = (sum(part.shape[0] for part in parts), max(part.shape[1] for part in parts))
    data = np.concatenate([part.data for part in parts])
    indices = np.concatenate([part.indices for part in parts])
    stacked = csr_matrix((data, indices, np.concatenate([[0], *indptr])), shape)
    stacked.sort_indices()
    return stacked


def _read_topics(path: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Codes of the topics in order; the topic and the document of each line."""
    codes: list[bytes] = []
    documents: list[int] = []
    try:
        with _opened(path) as file:
            for line in file:
                code, document, _ = line.split()
                codes.append(code)
                documents.append(int(document))
    except (ValueError, EOFError, OSError, zlib.error) as error:
        raise DataError(f"{path.name} is truncated or has other lines ({error}).") from error
    names = sorted(set(codes))
    if len(names) < 2:
        raise DataError(f"{path.name} has documents of {len(names)} topics, not of several.")
    number = {name: i for i, name in enumerate(names)}
    of_line = np.array([number[code] for code in codes], np.int16)
    return [name.decode() for name in names], of_line, np.array(documents)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """A file, decompressed as it is read if it is gzip."""
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
        file.seek(0)
        if not compressed:
            yield file
            return
        with gzip.open(file) as inside:
            yield cast(BinaryIO, inside)
