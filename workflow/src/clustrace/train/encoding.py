"""Passing whole data sets through a trained network, in chunks and without gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from clustrace.train.session import current_session

_CHUNK = 4096


def to_device(x: np.ndarray) -> Tensor:
    """Samples as a float32 tensor on the session's device; on a CPU without copying."""
    array = np.ascontiguousarray(x, dtype=np.float32)
    if not array.flags.writeable:
        array = array.copy()
    return torch.from_numpy(array).to(current_session().device)


def as_rows(x: np.ndarray) -> np.ndarray:
    """Images ``[n, height, width, …]`` as rows ``[n, n_features]``; anything else as it is."""
    return x.reshape(len(x), -1) if isinstance(x, np.ndarray) and x.ndim > 2 else x


def sample_shape(x: np.ndarray) -> tuple[int, ...]:
    """Shape of one image of ``[n, height, width, …]``; empty if the samples are no images."""
    return x.shape[1:] if isinstance(x, np.ndarray) and x.ndim > 2 else ()


def shaped_as(rows: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Rows ``[n, n_features]`` in the shape in which the samples were given."""
    return rows.reshape(len(rows), *(sample_shape(samples) or rows.shape[1:]))


def encode_all(function: Callable[[Tensor], Tensor], data: Tensor) -> Tensor:
    """``function`` of all samples, chunk by chunk, in float32 and without gradients."""
    with torch.no_grad():
        return torch.cat([function(chunk) for chunk in torch.split(data, _CHUNK)])


def to_numpy(tensor: Tensor) -> np.ndarray:
    """A tensor as a numpy array on the host."""
    array: np.ndarray = tensor.detach().cpu().numpy()
    return array
