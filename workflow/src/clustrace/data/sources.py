"""Sources of raw data: one function that reads whatever kind the registry lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import numpy as np

from clustrace.config.datasets import RawData
from clustrace.config.sources import (
    DownloadSource,
    GeneratedSource,
    MirrorFilesSource,
    MirrorSource,
    PackageSource,
    ScikitLearnSource,
    Source,
)
from clustrace.data.bodies import Body
from clustrace.data.download import Report, download
from clustrace.data.from_sklearn import read_scikit_learn
from clustrace.data.generators import generate
from clustrace.data.packages import package_files
from clustrace.data.parsers import parse, read_npz
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
        case MirrorFilesSource():
            return "mirror files"
        case DownloadSource():
            return "download"
        case PackageSource():
            return f"{source.kind} {source.package} {source.version}"
        case ScikitLearnSource():
            return f"scikit-learn {source.loader}"
        case GeneratedSource():
            return f"generated {source.generator}"
        case _:
            assert_never(source)


def read_source(source: Source, raw: RawData, around: Surroundings) -> Body:
    """Samples with labels as a source gives them, brought into the registered row order.

    Raises:
        UnreachableError: the source could not be reached.
        DataError: it gave something else than expected.
        StorageError: a file could not be written.
    """
    match source:
        case MirrorSource():
            body = _read_mirror(source, raw, around.mirror)
        case DownloadSource():
            body = _read_download(source, around)
        case MirrorFilesSource():
            body = _read_mirrored(source, around.mirror)
        case PackageSource():
            with package_files(source, timeout=around.timeout) as files:
                body = parse(source.parser, files)
        case ScikitLearnSource():
            body = read_scikit_learn(source, raw)
        case GeneratedSource():
            body = generate(source)
        case _:
            assert_never(source)
    if source.permutation is not None:
        body = body.rows(_read_permutation(around.root / source.permutation, len(body)))
    return body


def _read_mirror(source: MirrorSource, raw: RawData, mirror: Path | None) -> Body:
    path = _mirrored(mirror, source.file)
    if raw.fingerprint == "unverified":
        _check_file(path, source.sha256)
    return read_npz(path, source.part)


def _read_mirrored(source: MirrorFilesSource, mirror: Path | None) -> Body:
    paths = {role: _mirrored(mirror, each.file) for role, each in source.files.items()}
    for role, path in paths.items():
        expected = source.files[role].sha256
        if expected is not None:
            _check_file(path, expected)
    return parse(source.parser, paths)


def _mirrored(mirror: Path | None, file: str) -> Path:
    """Path of a file in the mirror's folder, which must be there."""
    if mirror is None:
        raise UnreachableError("CLUSTRACE_MIRROR is not set")
    path = mirror / file
    if not path.is_file():
        raise UnreachableError(f"{mirror} has no such file")
    return path


def _check_file(path: Path, expected: str) -> None:
    try:
        found = sha256_file(path)
    except OSError as error:
        raise UnreachableError(f"{path} could not be read ({error.strerror})") from error
    if found != expected:
        raise DataError(f"file sha256 {found[:12]}… instead of {expected[:12]}…")


def _read_download(source: DownloadSource, around: Surroundings) -> Body:
    paths = {}
    for role, file in source.files.items():
        paths[role] = path = around.downloads / f"{role}-{Path(file.urls[0]).name}"
        if path.is_file() and file.sha256 in (None, sha256_file(path)):
            continue
        around.report(f"download {path.name}")
        download(file.urls, path, sha256=file.sha256, timeout=around.timeout, report=around.report)
    return parse(source.parser, paths)


def _read_permutation(path: Path, count: int) -> np.ndarray:
    try:
        order = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"the row order {path} could not be read ({error})") from error
    if order.shape != (count,) or not np.array_equal(np.sort(order), np.arange(count)):
        raise DataError(f"the row order {path} is no permutation of {count} rows")
    return np.asarray(order)
