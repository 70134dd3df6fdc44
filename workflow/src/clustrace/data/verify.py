"""Comparing the raw data on disk with the registry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from clustrace.config.datasets import RawData
from clustrace.data.artefact import Artefact, read_artefact
from clustrace.data.fingerprint import fingerprint
from clustrace.errors import StorageError


class RawStatus(StrEnum):
    """State of a body of raw data on disk."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    """The registry has no fingerprint of it yet."""
    DAMAGED = "damaged"
    """No artefact, or other content than registered."""
    UNREACHABLE = "unreachable"
    """The last attempt to fetch it failed."""
    MISSING = "missing"
    """It was not fetched yet."""

    @property
    def usable(self) -> bool:
        """True if later stages can start from it."""
        return self in (RawStatus.VERIFIED, RawStatus.UNVERIFIED)


@dataclass(frozen=True)
class RawState:
    """What the record of a body of raw data says: its state, and where it came from."""

    status: RawStatus
    source: str = ""


def verify_raw(path: Path, raw: RawData) -> RawStatus:
    """Hash the content of a raw artefact anew and compare it with the registry."""
    if not path.exists():
        return RawStatus.MISSING
    try:
        artefact = read_artefact(path)
    except StorageError:
        return RawStatus.DAMAGED
    if not artefact.outcome.ok:
        return RawStatus.UNREACHABLE
    if not _fits(artefact, raw):
        return RawStatus.DAMAGED
    found = fingerprint(artefact.arrays["x"], artefact.arrays["y"])
    return _compare(found, raw)


def recorded_state(path: Path, raw: RawData) -> RawState:
    """Read what a raw artefact says of itself, without its arrays."""
    if not path.exists():
        return RawState(RawStatus.MISSING)
    try:
        artefact = read_artefact(path, load=False)
    except StorageError:
        return RawState(RawStatus.DAMAGED)
    if not artefact.outcome.ok:
        return RawState(RawStatus.UNREACHABLE)
    about = artefact.about
    return RawState(_compare(about.get("fingerprint"), raw), str(about.get("source", "")))


def _fits(artefact: Artefact, raw: RawData) -> bool:
    """Arrays, shapes, type and parts as registered; the fingerprint covers the values."""
    x, y, split = (artefact.arrays.get(name) for name in ("x", "y", "split"))
    if x is None or y is None or x.shape != (raw.samples, *raw.shape) or x.dtype != raw.dtype:
        return False
    if raw.train_samples is None:
        return split is None
    return (
        split is not None
        and split.shape == y.shape
        and not split[: raw.train_samples].any()
        and bool((split[raw.train_samples :] == 1).all())
    )


def _compare(found: object, raw: RawData) -> RawStatus:
    if raw.fingerprint == "unverified":
        return RawStatus.UNVERIFIED
    return RawStatus.VERIFIED if found == raw.fingerprint else RawStatus.DAMAGED
