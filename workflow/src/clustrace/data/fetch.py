"""Fetching raw data: sources in order, and only content with the registered fingerprint is used."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from clustrace.config.datasets import RawData
from clustrace.config.sources import Source
from clustrace.data.artefact import write_artefact
from clustrace.data.bodies import Body
from clustrace.data.derivations import derive
from clustrace.data.download import Report, silent
from clustrace.data.expected import check_body
from clustrace.data.sources import Surroundings, label, read_source
from clustrace.errors import DataError, UnreachableError

#: Names the folder of copies that serves as the first source.
MIRROR_VARIABLE = "CLUSTRACE_MIRROR"


@dataclass(frozen=True)
class _Attempt:
    """One source that was tried, and what came of it."""

    source: str
    result: str


def mirror_folder() -> Path | None:
    """The folder that CLUSTRACE_MIRROR names, or None where it is not set."""
    name = os.environ.get(MIRROR_VARIABLE)
    return Path(name) if name else None


def fetch_raw(
    slug: str,
    raw: RawData,
    destination: Path,
    *,
    root: Path,
    cache: Path,
    timeout: float,
    mirror: Path | None,
    report: Report = silent,
) -> None:
    """Get a body of data from the first source that gives the registered content, and store it.

    The artefact holds the arrays of its kind (``x`` [n, ...] as published and ``y`` [n] int64, or
    as :mod:`clustrace.data.bodies` has them) and, where the data has parts, ``split`` [n] int8
    (0 train, 1 test); its facts are the source, the content's
    fingerprint, whether that is the registered one (``verified``), and all sources tried.

    Args:
        slug: name of the data in the registry.
        raw: its registry entry.
        destination: path of the artefact.
        root: the repository, from where row orders are found.
        cache: folder where unfinished downloads wait to be resumed.
        timeout: seconds without an answer after which a server counts as unreachable.
        mirror: folder of copies, or None.
        report: is given a line for each thing worth telling.

    Raises:
        UnreachableError: no source gave the right content; says for each source why.
        StorageError: a file could not be written.
    """
    around = Surroundings(root, cache / slug, mirror, timeout, report)
    tried: list[_Attempt] = []
    for source in raw.sources:
        name = label(source)
        report(f"{slug}: trying {name}")
        try:
            body, found = _content(source, raw, around)
        except DataError as error:
            tried.append(_Attempt(name, str(error).rstrip(".")))
            report(f"{slug}: {name} failed: {error}")
            continue
        verified = found == raw.fingerprint
        tried.append(_Attempt(name, "used"))
        arrays = {**body.arrays(), **_split(raw)}
        about = {"source": name, "fingerprint": found, "verified": verified}
        tries = [asdict(attempt) for attempt in tried]
        write_artefact(destination, arrays, about={**about, "tried": tries})
        _discard(around.downloads)
        report(f"{slug}: {name} used, {'verified' if verified else 'unverified'}")
        return
    raise UnreachableError(_sentence(slug, tried))


def _content(source: Source, raw: RawData, around: Surroundings) -> tuple[Body, str]:
    """What a source gives, and its fingerprint, if it is what the registry says.

    Raises:
        DataError: it is not, or could not be had.
    """
    try:
        body = read_source(source, raw, around)
        if raw.derivation is not None:
            body = derive(body, raw.derivation)
        return body, _checked_fingerprint(body, raw)
    except UnreachableError:
        raise
    except DataError:
        if source.kind == "download":  # kept, the same files would be refused in every later run
            _discard(around.downloads)
        raise


def _discard(downloads: Path) -> None:
    shutil.rmtree(downloads, ignore_errors=True)


def _checked_fingerprint(body: Body, raw: RawData) -> str:
    check_body(body, raw)
    found = body.fingerprint()
    if raw.fingerprint not in (found, "unverified"):
        raise DataError(f"content sha256 {found[:12]}… instead of {raw.fingerprint[:12]}…")
    return found


def _split(raw: RawData) -> dict[str, np.ndarray]:
    """Part of each row, by the registered size of the training part, which comes first."""
    if raw.train_samples is None:
        return {}
    return {"split": (np.arange(raw.samples) >= raw.train_samples).astype(np.int8)}


def _sentence(slug: str, tried: Sequence[_Attempt]) -> str:
    reasons = "; ".join(f"{attempt.source}: {attempt.result}" for attempt in tried)
    return (
        f"No source of {slug} gave the registered content ({reasons}); set {MIRROR_VARIABLE} to a "
        "folder with a copy, or run again online."
    )
