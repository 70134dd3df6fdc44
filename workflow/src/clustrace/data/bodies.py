"""Bodies of raw data in memory: samples of one shape, documents, weights of terms with topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_matrix

from clustrace.data.fingerprint import arrays_sha256, fingerprint
from clustrace.errors import DataError

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Samples:
    """Samples of one shape.

    Attributes:
        x: samples [n, ...] as stored.
        y: labels [n] from 0, int64.
    """

    x: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, order: np.ndarray) -> Samples:
        """The samples in these rows."""
        return Samples(self.x[order], self.y[order])

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays that keep it."""
        return {"x": self.x, "y": self.y}

    def fingerprint(self) -> str:
        """Hexadecimal sha256 of the samples followed by the labels."""
        return fingerprint(self.x, self.y)


@dataclass(frozen=True)
class Documents:
    """Texts of any length.

    Attributes:
        x: bytes of all texts, one after the other, uint8.
        offsets: where each text starts, and where the last one ends, int64 [n + 1].
        y: labels [n] from 0, int64.
    """

    x: np.ndarray
    offsets: np.ndarray
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def rows(self, order: np.ndarray) -> Documents:
        """The documents in these rows."""
        return joined([self.text(row) for row in order], self.y[order])

    def text(self, row: int) -> bytes:
        """Bytes of one document."""
        return self.x[self.offsets[row] : self.offsets[row + 1]].tobytes()

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays that keep it."""
        return {"x": self.x, "offsets": self.offsets, "y": self.y}

    def fingerprint(self) -> str:
        """Hexadecimal sha256 of all arrays."""
        return arrays_sha256(self.arrays())


def joined(texts: list[bytes], y: np.ndarray) -> Documents:
    """Documents out of their bytes and labels."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    return Documents(np.frombuffer(b"".join(texts), np.uint8), offsets, y.astype(np.int64))


@dataclass(frozen=True)
class TermWeights:
    """Documents as weights of terms, each with any number of topics.

    Attributes:
        x: weights float32 [n, n_terms].
        topics: 1 where a document has a topic, uint8 [n, n_topics].
        names: codes of the topics.
    """

    x: csr_matrix
    topics: csr_matrix
    names: tuple[str, ...]

    def __len__(self) -> int:
        return int(self.x.shape[0])

    def rows(self, order: np.ndarray) -> TermWeights:
        """The documents in these rows."""
        return TermWeights(self.x[order], self.topics[order], self.names)

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays that keep it; the number of terms is not among them."""
        names = "\n".join(self.names).encode()
        return {
            "x.data": self.x.data.astype(np.float32, copy=False),
            "x.indices": self.x.indices.astype(np.int32, copy=False),
            "x.indptr": self.x.indptr.astype(np.int64, copy=False),
            "topics.indices": self.topics.indices.astype(np.int16),
            "topics.indptr": self.topics.indptr.astype(np.int64, copy=False),
            "topics.names": np.frombuffer(names, np.uint8),
        }

    def fingerprint(self) -> str:
        """Hexadecimal sha256 of all arrays."""
        return arrays_sha256(self.arrays())


Body: TypeAlias = Samples | Documents | TermWeights


def body_of(arrays: Arrays) -> Body:
    """The body of data that the arrays of a raw artefact keep.

    Raises:
        DataError: they keep none.
    """
    try:
        if "x.data" in arrays:
            return _term_weights(arrays)
        if "offsets" in arrays:
            return Documents(arrays["x"], arrays["offsets"], arrays["y"])
        return Samples(arrays["x"], arrays["y"])
    except (KeyError, ValueError) as error:
        raise DataError(
            f"Raw data lack an array or have one that does not fit ({error}); delete them and "
            "fetch them again."
        ) from error


def _term_weights(arrays: Arrays) -> TermWeights:
    n = len(arrays["x.indptr"]) - 1
    names = tuple(arrays["topics.names"].tobytes().decode().split("\n"))
    weights = tuple(arrays[f"x.{part}"] for part in ("data", "indices", "indptr"))
    width = int(arrays["x.indices"].max(initial=-1)) + 1
    columns = arrays["topics.indices"].astype(np.int32)
    topics = (np.ones(len(columns), np.uint8), columns, arrays["topics.indptr"])
    return TermWeights(
        csr_matrix(weights, shape=(n, width)), csr_matrix(topics, shape=(n, len(names))), names
    )
