"""Parser of small NORB (LeCun, Huang, Bottou, CVPR 2004): pairs of images of toys."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from clustrace.data.bodies import Samples
from clustrace.data.compressed import content
from clustrace.errors import DataError

#: Type of the entries by the magic number that a file begins with.
_TYPES = {
    0x1E3D4C51: "<f4",
    0x1E3D4C53: "<f8",
    0x1E3D4C54: "<i4",
    0x1E3D4C55: "u1",
    0x1E3D4C56: "<i2",
}
_BYTES, _INTEGERS = 0x1E3D4C55, 0x1E3D4C54
_CLASSES = 5


def read_norb(files: Mapping[str, Path]) -> Samples:
    """The files ``-dat`` and ``-cat`` of the training and of the test part.

    Returns:
        Images uint8 ``[n, 2, height, width]``, those of both cameras, and categories 0 to 4
        (animal, human, plane, truck, car).

    Raises:
        DataError: a file is truncated, begins with another magic number, or has other labels.
    """
    images, labels = [], []
    for part in ("train", "test"):
        path, cat = files[f"{part}-images"], files[f"{part}-labels"]
        pictures, categories = read_matrix(path, _BYTES), read_matrix(cat, _INTEGERS)
        if pictures.ndim != 4 or pictures.shape[1] != 2 or categories.shape != (len(pictures),):
            raise DataError(
                f"{path.name} and {cat.name} do not fit together: shapes {pictures.shape} and "
                f"{categories.shape}."
            )
        if not np.isin(categories, np.arange(_CLASSES)).all():
            raise DataError(f"{cat.name} has labels other than 0 to {_CLASSES - 1}.")
        images.append(pictures)
        labels.append(categories)
    return Samples(np.concatenate(images), np.concatenate(labels).astype(np.int64))


def read_matrix(path: Path, magic: int) -> np.ndarray:
    """One file in the binary format of NORB.

    It is the magic number of the type of the entries, the number of dimensions, the size of each
    (at least three are stored, unused ones as 1), all as little-endian int32, and the entries.

    Raises:
        DataError: it is truncated, or its magic number is not ``magic``.
    """
    data = content(path)
    if len(data) < 8:
        raise DataError(f"{path.name} is truncated: it ends inside its header.")
    found, rank = (int(each) for each in np.frombuffer(data, "<i4", 2))
    if found != magic:
        raise DataError(
            f"{path.name} begins with the magic number 0x{found & 0xFFFFFFFF:08X} instead of "
            f"0x{magic:08X}; it is no file of NORB, or not this one."
        )
    start = 8 + 4 * max(rank, 3)
    if not 1 <= rank <= 8 or len(data) < start:
        raise DataError(f"{path.name} is truncated: it ends inside its header.")
    shape = np.frombuffer(data, "<i4", rank, offset=8).tolist()
    item = np.dtype(_TYPES[magic])
    expected, size = math.prod(shape) * item.itemsize, len(data) - start
    if expected != size:
        raise DataError(
            f"{path.name} is truncated or corrupt: {size} bytes of data for the shape {shape}."
        )
    return np.frombuffer(data, item, offset=start).reshape(shape)
