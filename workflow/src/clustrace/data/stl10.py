"""Parsers of the reduced STL-10: four classes, 64 x 64 pixels (Coates, Ng, Lee 2011; UFLDL)."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from clustrace.data.bodies import Samples
from clustrace.data.compressed import members
from clustrace.data.resizing import resized
from clustrace.errors import DataError

_SIDE, _REDUCED, _CLASSES = 96, 64, 10
#: Airplane, car, cat, dog among the labels 1 to 10 of STL-10, in the order of UFLDL.
_TAKEN = (1, 3, 4, 6)


def read_stl10(files: Mapping[str, Path]) -> Samples:
    """The labelled images of ``stl10_binary.tar.gz``, reduced.

    ``*_X.bin`` has the red, green and blue values of 96 x 96 pixels, column after column,
    ``*_y.bin`` labels 1 to 10. Images of four classes are resized bicubically.

    Returns:
        Images uint8 ``[n, 64, 64, 3]``, training part first, and labels 0 to 3.

    Raises:
        DataError: the archive or a file is truncated, or a label is out of range.
    """
    names = [f"{part}_{kind}.bin" for part in ("train", "test") for kind in "Xy"]
    found = dict(zip(names, members(files["archive"], names), strict=True))
    images, labels = [], []
    for part in ("train", "test"):
        pictures, classes = found[f"{part}_X.bin"], np.frombuffer(found[f"{part}_y.bin"], np.uint8)
        if not len(classes) or len(pictures) != len(classes) * 3 * _SIDE * _SIDE:
            raise DataError(
                f"{part}_X.bin is truncated: {len(pictures)} bytes of images for {len(classes)} "
                "labels."
            )
        if not np.isin(classes, np.arange(1, _CLASSES + 1)).all():
            raise DataError(f"{part}_y.bin has labels other than 1 to {_CLASSES}.")
        taken = np.flatnonzero(np.isin(classes, _TAKEN))
        planes = np.frombuffer(pictures, np.uint8).reshape(-1, 3, _SIDE, _SIDE)[taken]
        images.append(resized(planes.transpose(0, 3, 2, 1), _REDUCED))
        labels.append(np.searchsorted(_TAKEN, classes[taken]))
    return Samples(np.concatenate(images), np.concatenate(labels).astype(np.int64))


def read_ufldl(files: Mapping[str, Path]) -> Samples:
    """``stlSubset.zip`` of UFLDL: ``stlTrainSubset.mat`` and ``stlTestSubset.mat``.

    Each has images in [0, 1] ``[64, 64, 3, n]`` and labels 1 to 4 in MATLAB's format.

    Returns:
        Images uint8 ``[n, 64, 64, 3]``, training part first, and labels 0 to 3.

    Raises:
        DataError: the archive or a file is truncated, or has other images or labels.
    """
    path = files["archive"]
    try:
        with zipfile.ZipFile(path) as archive:
            named = {Path(name).name: name for name in archive.namelist()}
            parts = [
                _subset(part, archive.read(named[f"stl{part.capitalize()}Subset.mat"]))
                for part in ("train", "test")
            ]
    except KeyError as error:
        raise DataError(f"{path.name} lacks {error}.") from error
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
        raise DataError(f"{path.name} is truncated or corrupt ({error}).") from error
    return Samples(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _subset(part: str, data: bytes) -> tuple[np.ndarray, np.ndarray]:
    from scipy.io import loadmat  # slow to import, and rarely needed

    name = f"stl{part.capitalize()}Subset.mat"
    try:
        arrays = loadmat(io.BytesIO(data))
        images, labels = arrays[f"{part}Images"], arrays[f"{part}Labels"].ravel()
    except Exception as error:  # of many kinds, scipy has no one for a file that it cannot read
        raise DataError(f"{name} is truncated or no MATLAB file ({error}).") from error
    if images.shape != (_REDUCED, _REDUCED, 3, len(labels)):
        raise DataError(f"{name} has images {images.shape} for {len(labels)} labels.")
    if not np.isin(labels, np.arange(1, len(_TAKEN) + 1)).all():
        raise DataError(f"{name} has labels other than 1 to {len(_TAKEN)}.")
    if not ((images >= 0) & (images <= 1)).all():
        raise DataError(f"{name} has values outside [0, 1].")
    pixels = np.rint(images.transpose(3, 0, 1, 2) * 255).astype(np.uint8)
    return np.ascontiguousarray(pixels), labels.astype(np.int64) - 1
