"""Comparing the raw data on disk with the registry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from clustrace.config.datasets import RawData
from clustrace.data.artefact import Artefact, read_artefact
from clustrace.data.bodies import body_of
from clustrace.data.expected import check_body
from clustrace.errors import DataError, StorageError


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
    try:
        body = body_of(artefact.arrays)
        check_body(body, raw)
    except DataError:
        return RawStatus.DAMAGED
    if not _parted(artefact, raw):
        return RawStatus.DAMAGED
    return _compare(body.fingerprint(), raw)


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


def _parted(artefact: Artefact, raw: RawData) -> bool:
    """Whether the parts are as registered, which the fingerprint does not cover."""
    split = artefact.arrays.get("split")
    if raw.train_samples is None:
        return split is None
    return (
        split is not None
        and split.shape == (raw.samples,)
        and not split[: raw.train_samples].any()
        and bool((split[raw.train_samples :] == 1).all())
    )


def _compare(found: object, raw: RawData) -> RawStatus:
    if raw.fingerprint == "unverified":
        return RawStatus.UNVERIFIED
    return RawStatus.VERIFIED if found == raw.fingerprint else RawStatus.DAMAGED
