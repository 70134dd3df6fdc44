"""Parser of CIFAR-10 (Krizhevsky 2009), in its binary version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from clustrace.data.bodies import Samples
from clustrace.data.compressed import members
from clustrace.errors import DataError

_TRAINING = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_TEST = "test_batch.bin"
_SIDE, _CLASSES = 32, 10
_RECORD = 1 + 3 * _SIDE * _SIDE


def read_cifar10(files: Mapping[str, Path]) -> Samples:
    """The five training batches and the test batch of ``cifar-10-binary.tar.gz``.

    A record is the label and the red, green and blue values of 32 x 32 pixels, row after row.

    Returns:
        Images uint8 ``[n, 32, 32, 3]`` and labels 0 to 9.

    Raises:
        DataError: the archive or a batch is truncated, or a label is out of range.
    """
    names = [*_TRAINING, _TEST]
    batches = []
    for name, data in zip(names, members(files["archive"], names), strict=True):
        if not data or len(data) % _RECORD:
            raise DataError(
                f"{name} is truncated: {len(data)} bytes are no whole number of records of "
                f"{_RECORD}."
            )
        batch = np.frombuffer(data, np.uint8).reshape(-1, _RECORD)
        if batch[:, 0].max() >= _CLASSES:
            raise DataError(f"{name} has labels other than 0 to {_CLASSES - 1}.")
        batches.append(batch)
    records = np.concatenate(batches)
    planes = records[:, 1:].reshape(-1, 3, _SIDE, _SIDE)
    images = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
    return Samples(images, records[:, 0].astype(np.int64))
