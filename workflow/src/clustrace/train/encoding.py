"""Passing whole data sets through a trained network, in chunks and without gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse
import torch
from torch import Tensor

from clustrace.train.rows import Rows, Samples, SparseRows, chunks
from clustrace.train.session import current_session

_CHUNK = 4096


def to_device(x: Samples) -> Rows:
    """Samples in float32 on the session's device.

    Returns:
        A tensor of dense samples, on a CPU without copying; :class:`SparseRows` of a sparse matrix.
    """
    if scipy.sparse.issparse(x):
        return SparseRows(x.tocsr(), current_session().device)
    return to_tensor(x)


def to_tensor(x: np.ndarray) -> Tensor:
    """A dense array as a float32 tensor on the session's device; on a CPU without copying."""
    array = np.ascontiguousarray(x, dtype=np.float32)
    if not array.flags.writeable:
        array = array.copy()
    return torch.from_numpy(array).to(current_session().device)


def as_rows(x: Samples) -> Samples:
    """Images ``[n, height, width, …]`` as rows ``[n, n_features]``; anything else as it is."""
    return x.reshape(len(x), -1) if isinstance(x, np.ndarray) and x.ndim > 2 else x


def sample_shape(x: Samples) -> tuple[int, ...]:
    """Shape of one image of ``[n, height, width, …]``; empty if the samples are no images."""
    return x.shape[1:] if isinstance(x, np.ndarray) and x.ndim > 2 else ()


def shaped_as(rows: Samples, samples: Samples) -> Samples:
    """Rows ``[n, n_features]`` in the shape in which the samples were given."""
    shape = sample_shape(samples)
    return rows.reshape(rows.shape[0], *shape) if shape else rows


def encode_all(function: Callable[[Tensor], Tensor], data: Rows) -> Tensor:
    """``function`` of all samples, chunk by chunk, in float32 and without gradients."""
    result: Tensor | None = None
    start = 0
    with torch.no_grad():
        for chunk in chunks(data, _CHUNK):
            part = function(chunk)
            if result is None:
                # Filled in place: joining the parts at the end would hold everything twice.
                result = part.new_empty(len(data), *part.shape[1:])
            result[start : start + len(part)] = part
            start += len(part)
    assert result is not None
    return result


def to_numpy(tensor: Tensor) -> np.ndarray:
    """A tensor as a numpy array on the host."""
    array: np.ndarray = tensor.detach().cpu().numpy()
    return array
