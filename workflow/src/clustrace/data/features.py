"""Features in artefacts: dense arrays, or sparse rows as three arrays."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix, issparse

from clustrace.data.artefact import Artefact
from clustrace.errors import StorageError

#: Features float32 [n, D], a dense array or sparse rows.
Features: TypeAlias = "np.ndarray | csr_matrix"

_NAME = "features"


def feature_arrays(features: Features) -> dict[str, np.ndarray]:
    """Arrays that keep features: ``features``, or ``features.data``, ``.indices``, ``.indptr``.

    Sparse rows are kept as compressed rows: values (float32), the column of each (int32, ascending
    in a row), and where each row starts (int64 [n + 1]).
    """
    if not issparse(features):
        return {_NAME: np.asarray(features)}
    rows = csr_matrix(features)
    rows.sum_duplicates()
    return {
        f"{_NAME}.data": rows.data.astype(np.float32, copy=False),
        f"{_NAME}.indices": rows.indices.astype(np.int32, copy=False),
        f"{_NAME}.indptr": rows.indptr.astype(np.int64, copy=False),
    }


def feature_facts(features: Features) -> dict[str, Any]:
    """Facts without which the arrays are not understood: the shape of sparse rows."""
    return {"shape": list(features.shape)} if issparse(features) else {}


def features_of(artefact: Artefact) -> Features:
    """Features of an artefact, dense or sparse as they were written.

    Raises:
        StorageError: it holds none.
    """
    arrays = artefact.arrays
    if _NAME in arrays:
        return arrays[_NAME]
    try:
        parts = tuple(arrays[f"{_NAME}.{part}"] for part in ("data", "indices", "indptr"))
        return csr_matrix(parts, shape=tuple(artefact.about["shape"]))
    except (KeyError, ValueError, TypeError) as error:
        raise StorageError(
            f"An artefact holds no features, neither dense nor sparse ({error}); delete the "
            "prepared data and run again."
        ) from error
