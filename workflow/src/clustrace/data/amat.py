"""Parser of the .amat files of Larochelle et al. (ICML 2007): variations of MNIST."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from clustrace.data.bodies import Samples
from clustrace.errors import DataError

_SIDE = 28
#: Ends of the names of the two files in an archive.
_PARTS = ("train_valid.amat", "test.amat")


def read_amat(files: Mapping[str, Path]) -> Samples:
    """An archive with two tables: each line 28 x 28 grey values in [0, 1], then the digit.

    Returns:
        Images float32 ``[n, 28, 28]``, those of the training file first, and labels.

    Raises:
        DataError: the archive is truncated, lacks a table, or a table has other lines or values.
    """
    path = files["archive"]
    try:
        with zipfile.ZipFile(path) as archive:
            tables = [_table(archive, end, path.name) for end in _PARTS]
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
        raise DataError(f"{path.name} is truncated or corrupt ({error}).") from error
    table = np.concatenate(tables)
    images = np.ascontiguousarray(table[:, :-1]).reshape(-1, _SIDE, _SIDE)
    return Samples(images, table[:, -1].astype(np.int64))


def _table(archive: zipfile.ZipFile, end: str, name: str) -> np.ndarray:
    members = [each for each in archive.namelist() if each.endswith(end)]
    if len(members) != 1:
        raise DataError(f"{name} has {len(members)} files *{end} instead of one.")
    member = members[0]
    try:
        with archive.open(member) as lines, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an empty table is refused below
            table = np.loadtxt(lines, dtype=np.float32, ndmin=2)
    except ValueError as error:
        raise DataError(f"{member} is no table of numbers or truncated ({error}).") from error
    if table.shape[1:] != (_SIDE * _SIDE + 1,) or not len(table):
        raise DataError(f"{member} is a table {table.shape} instead of 785 columns.")
    labels = table[:, -1]
    if not (np.isin(labels, np.arange(10)).all()):
        raise DataError(f"{member} has labels that are no digits from 0 to 9.")
    return table
