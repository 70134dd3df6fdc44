"""What a body of data must look like by the registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import numpy as np

from clustrace.config.datasets import RawData
from clustrace.data.bodies import Body, Documents, Samples, TermWeights
from clustrace.errors import DataError

_KINDS: Mapping[str, type[Samples | Documents | TermWeights]] = {
    "samples": Samples,
    "documents": Documents,
    "term-weights": TermWeights,
}


def check_body(body: Body, raw: RawData) -> None:
    """Check kind, counts, shapes and types; the fingerprint covers the values.

    Raises:
        DataError: something is not as registered; says what.
    """
    if type(body) is not _KINDS[raw.kind]:
        raise DataError(f"{type(body).__name__.lower()} instead of {raw.kind}")
    match body:
        case Samples():
            _check_array("samples", body.x, (raw.samples, *raw.shape), raw.dtype)
        case Documents():
            _check_texts(body, raw)
        case TermWeights():
            _check_weights(body, raw)
            return
        case _:
            assert_never(body)
    _check_array("labels", body.y, (raw.samples,), "int64")
    if not np.array_equal(np.unique(body.y), np.arange(raw.classes)):
        raise DataError(f"labels other than 0 to {raw.classes - 1}")


def _check_array(what: str, array: np.ndarray, shape: tuple[int, ...], dtype: str) -> None:
    if array.shape != shape:
        raise DataError(f"{what} of shape {array.shape} instead of {shape}")
    if array.dtype != dtype:
        raise DataError(f"{what} of type {array.dtype} instead of {dtype}")


def _check_texts(body: Documents, raw: RawData) -> None:
    _check_array("texts", body.x, (raw.bytes,), "uint8")
    _check_array("offsets", body.offsets, (raw.samples + 1,), "int64")
    ends = (int(body.offsets[0]), int(body.offsets[-1]))
    if ends != (0, raw.bytes) or (np.diff(body.offsets) < 0).any():
        raise DataError(f"offsets that do not cut {raw.bytes} bytes into {raw.samples} texts")


def _check_weights(body: TermWeights, raw: RawData) -> None:
    if body.x.shape != (shape := (raw.samples, *raw.shape)):
        raise DataError(f"weights of shape {body.x.shape} instead of {shape}")
    if body.x.dtype != raw.dtype:
        raise DataError(f"weights of type {body.x.dtype} instead of {raw.dtype}")
    if body.x.nnz != raw.nonzeros:
        raise DataError(f"{body.x.nnz} weights instead of {raw.nonzeros}")
    if body.topics.shape != (shape := (raw.samples, raw.classes)):
        raise DataError(f"topics of shape {body.topics.shape} instead of {shape}")
