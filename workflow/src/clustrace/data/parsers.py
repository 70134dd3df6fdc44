"""Parsers: from the files of a publisher to samples and labels."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from clustrace.data.amat import read_amat
from clustrace.data.bodies import Body, Documents, Samples
from clustrace.data.cifar10 import read_cifar10
from clustrace.data.compressed import content
from clustrace.data.newsgroups import read_newsgroups
from clustrace.data.norb import read_norb
from clustrace.data.rcv1 import TOPICS, WEIGHTS, read_rcv1
from clustrace.data.stl10 import read_stl10, read_ufldl
from clustrace.errors import DataError


@dataclass(frozen=True)
class Parser:
    """A parser and the roles of the files that it reads."""

    roles: tuple[str, ...]
    read: Callable[[Mapping[str, Path]], Body]


def parse(name: str, files: Mapping[str, Path]) -> Body:
    """Read ``files`` (paths by role) with the parser of that name.

    Raises:
        DataError: unknown parser, other files than it needs, or corrupt or truncated content.
    """
    parser = PARSERS.get(name)
    if parser is None:
        raise DataError(f"There is no parser {name!r}; known: {', '.join(sorted(PARSERS))}.")
    if set(files) != set(parser.roles):
        raise DataError(
            f"The parser {name!r} needs the files {', '.join(parser.roles)}, "
            f"but was given {', '.join(files) or 'none'}; correct config/datasets.yaml."
        )
    body = parser.read(files)
    if isinstance(body, Samples) and len(body.x) != len(body.y):
        raise DataError(f"There are {len(body.x)} samples, but {len(body.y)} labels.")
    return body


def read_npz(path: Path, part: Literal["all", "train", "test"] = "all") -> Samples | Documents:
    """Read arrays ``x``, ``y`` and, for a part, ``split`` (0 train, 1 test) of an .npz file.

    With an array ``offsets`` that cuts ``x``, the file holds documents.

    Raises:
        DataError: the file is no such archive, or lacks an array.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            x, y = archive["x"], archive["y"].astype(np.int64)
            body: Samples | Documents = Samples(x, y)
            if "offsets" in archive:
                body = Documents(x, archive["offsets"].astype(np.int64), y)
            if part != "all":
                body = body.rows(np.flatnonzero(archive["split"] == (part == "test")))
    except (OSError, ValueError, KeyError, IndexError, EOFError, AttributeError) as error:
        raise DataError(f"{path.name} is no .npz file with x, y and split ({error}).") from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path.name} is truncated or corrupt ({error}).") from error
    return body


def _read_idx(path: Path) -> np.ndarray:
    """One IDX file of unsigned bytes: two zeros, type 8, rank, sizes as big-endian int32, data."""
    data = content(path)
    if len(data) < 4 or data[:3] != b"\x00\x00\x08":
        raise DataError(f"{path.name} is no IDX file of unsigned bytes.")
    start = 4 + 4 * data[3]
    if len(data) < start:
        raise DataError(f"{path.name} is truncated: it ends inside its header.")
    shape = np.frombuffer(data[4:start], dtype=">u4").tolist()
    expected, found = math.prod(shape), len(data) - start
    if expected != found:
        raise DataError(f"{path.name} is corrupt: {found} bytes of data for the shape {shape}.")
    return np.frombuffer(data, dtype=np.uint8, offset=start).reshape(shape)


def _read_idx_files(files: Mapping[str, Path]) -> Samples:
    """MNIST and its like: images and labels of the training part, then of the test part."""
    parts = [(f"{part}-images", f"{part}-labels") for part in ("train", "test")]
    images = [_read_idx(files[role]) for role, _ in parts]
    labels = [_read_idx(files[role]) for _, role in parts]
    try:
        return Samples(np.concatenate(images), np.concatenate(labels).astype(np.int64))
    except ValueError as error:
        raise DataError(f"The IDX files do not fit together ({error}).") from error


def _read_table(path: Path, separator: str | None, comment: str = "#") -> np.ndarray:
    """A table of numbers as float64 [n, columns]."""
    lines = (
        line
        for line in content(path).decode("latin1").splitlines()
        if line.strip() and not line.startswith(comment)
    )
    try:
        rows = [[float(value) for value in line.split(separator)] for line in lines]
        table = np.array(rows, dtype=np.float64)
    except ValueError as error:
        raise DataError(f"{path.name} is no table of numbers or truncated ({error}).") from error
    if table.ndim != 2:
        raise DataError(f"{path.name} is no table of numbers: it is empty.")
    return table


def _columns(table: np.ndarray, count: int, names: str) -> np.ndarray:
    if table.shape[1] != count:
        raise DataError(f"{names} has {table.shape[1]} columns instead of {count}.")
    return table


def _as_bytes(values: np.ndarray, names: str) -> np.ndarray:
    if not ((values >= 0) & (values <= 255) & (values == np.floor(values))).all():
        raise DataError(f"{names} has values that are no integers from 0 to 255.")
    return values.astype(np.uint8)


def _read_usps_zip(files: Mapping[str, Path]) -> Samples:
    """zip.train and zip.test: each line the digit, then 16 x 16 grey values in [-1, 1]."""
    tables = [_columns(_read_table(files[r], None), 257, files[r].name) for r in ("train", "test")]
    table = np.concatenate(tables)
    return Samples(
        table[:, 1:].astype(np.float32).reshape(-1, 16, 16), table[:, 0].astype(np.int64)
    )


def _read_pendigits(files: Mapping[str, Path]) -> Samples:
    """pendigits.tra and pendigits.tes: 16 coordinates 0 to 100, then the digit."""
    names = "pendigits.tra with pendigits.tes"
    tables = [_columns(_read_table(files[r], ","), 17, files[r].name) for r in ("train", "test")]
    table = _as_bytes(np.concatenate(tables), names)
    return Samples(np.ascontiguousarray(table[:, :-1]), table[:, -1].astype(np.int64))


def _read_keel(files: Mapping[str, Path]) -> Samples:
    """A KEEL table of integers: header lines with ``@``, then features and the class per line."""
    path = files["table"]
    table = _as_bytes(_read_table(path, ",", comment="@"), path.name)
    return Samples(np.ascontiguousarray(table[:, :-1]), table[:, -1].astype(np.int64))


def _read_semeion(files: Mapping[str, Path]) -> Samples:
    """semeion.data: each line 16 x 16 pixels, 0 or 1, then ten columns with a 1 for the digit."""
    path = files["table"]
    table = _as_bytes(_columns(_read_table(path, None), 266, path.name), path.name)
    digits = table[:, 256:]
    if not (digits.sum(axis=1) == 1).all():
        raise DataError(f"{path.name} has lines with no digit or several.")
    return Samples(
        np.ascontiguousarray(table[:, :256]).reshape(-1, 16, 16),
        digits.argmax(axis=1).astype(np.int64),
    )


def _read_square_faces(files: Mapping[str, Path]) -> Samples:
    """A MATLAB file with square grey images, column by column, in ``fea`` and people in ``gnd``."""
    path = files["matrix"]
    try:
        matrices = loadmat(io.BytesIO(content(path)), variable_names=("fea", "gnd"))
        images, people = matrices["fea"], matrices["gnd"]
    except (OSError, ValueError, TypeError, KeyError, zlib.error, MatReadError) as error:
        raise DataError(f"{path.name} is no MATLAB file with fea and gnd ({error}).") from error
    side = math.isqrt(images.shape[-1])
    if images.ndim != 2 or side**2 != images.shape[1]:
        raise DataError(
            f"{path.name} has images of shape {images.shape[1:]}, which are no squares."
        )
    upright = _as_bytes(images, path.name).reshape(-1, side, side).transpose(0, 2, 1)
    return Samples(np.ascontiguousarray(upright), people.ravel().astype(np.int64) - 1)


_IDX_ROLES = ("train-images", "train-labels", "test-images", "test-labels")

#: Parsers by the name that config/datasets.yaml calls them.
PARSERS: Mapping[str, Parser] = {
    "idx": Parser(_IDX_ROLES, _read_idx_files),
    "usps-zip": Parser(("train", "test"), _read_usps_zip),
    "pendigits": Parser(("train", "test"), _read_pendigits),
    "keel": Parser(("table",), _read_keel),
    "semeion": Parser(("table",), _read_semeion),
    "square-faces": Parser(("matrix",), _read_square_faces),
    "20news-bydate": Parser(("archive",), read_newsgroups),
    "cifar-10": Parser(("archive",), read_cifar10),
    "norb": Parser(_IDX_ROLES, read_norb),
    "stl-10": Parser(("archive",), read_stl10),
    "ufldl-stl": Parser(("archive",), read_ufldl),
    "amat": Parser(("archive",), read_amat),
    "rcv1": Parser((*WEIGHTS, TOPICS), read_rcv1),
}
