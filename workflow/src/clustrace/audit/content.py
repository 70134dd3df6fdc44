"""What raw data hold: their hash and the number of their samples, from their arrays alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

_PARTS = "split"


def fingerprint(arrays: Arrays) -> str:
    """Sha256 of raw data as config/ registers it.

    Of samples of one shape, their bytes and then the labels as little-endian int64. Of documents
    and of weights of terms, a header with type and shape of each array, and then their bytes, in
    the order of their names.

    Raises:
        KeyError: an array is missing.
    """
    if not is_sparse(arrays) and "offsets" not in arrays:
        digest = hashlib.sha256(np.ascontiguousarray(arrays["x"]).tobytes())
        digest.update(arrays["y"].astype("<i8").tobytes())
        return digest.hexdigest()
    names = sorted(name for name in arrays if name != _PARTS)
    header = {name: [arrays[name].dtype.str, list(arrays[name].shape)] for name in names}
    digest = hashlib.sha256(json.dumps(header, separators=(",", ":")).encode("utf-8"))
    for name in names:
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()


def is_sparse(arrays: Arrays) -> bool:
    """Whether raw data are weights of terms, row by row."""
    return "x.data" in arrays


def samples(arrays: Arrays) -> int:
    """Number of samples of raw data.

    Raises:
        KeyError: an array is missing.
    """
    if is_sparse(arrays):
        return len(arrays["x.indptr"]) - 1
    return len(arrays["offsets"]) - 1 if "offsets" in arrays else len(arrays["x"])
