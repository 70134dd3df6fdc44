"""Fingerprints: one hash for content, whatever file it came in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import numpy as np


def fingerprint(x: np.ndarray, y: np.ndarray) -> str:
    """Hexadecimal sha256 of the samples followed by the labels.

    Args:
        x: samples, in the dtype and shape in which the registry declares them; hashed in C
            order, little-endian.
        y: labels [n]; hashed as little-endian int64.
    """
    digest = hashlib.sha256(np.ascontiguousarray(x, dtype=x.dtype.newbyteorder("<")).data)
    digest.update(np.ascontiguousarray(y, dtype="<i8").data)
    return digest.hexdigest()


def arrays_sha256(arrays: Mapping[str, np.ndarray]) -> str:
    """Hexadecimal sha256 of named arrays.

    Hashed is the text ``{"<name>":["<dtype>",[<shape>]],...}``, JSON without spaces and with the
    names in order, and after it the bytes of each array in the same order: C order, little-endian,
    the dtype named as in ``<f8``, ``<i4``, ``|u1``.
    """
    ordered = {name: _little_endian(arrays[name]) for name in sorted(arrays)}
    header = {name: [array.dtype.str, list(array.shape)] for name, array in ordered.items()}
    digest = hashlib.sha256(json.dumps(header, separators=(",", ":")).encode())
    for array in ordered.values():
        digest.update(array.tobytes())
    return digest.hexdigest()


def _little_endian(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(array.shape)
