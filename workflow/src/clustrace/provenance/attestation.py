"""Attestations: what a repetition under later code says of a job that earlier code did.

``results/<protocol>/evidence/attested.json`` lists them, one for each record. An attestation is
about exactly one record and one later code; as soon as a module of that code changes again, it
says nothing any more.

Of a training only the first gradient steps are repeated. That they come out equal is weaker than a
whole repetition: what an edit does to later steps, to later phases of a training, or to anything
that takes place after it is not seen. The sentence of an attestation says how far it goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveInt, TypeAdapter, ValidationError

from clustrace.config.base import Model
from clustrace.errors import StorageError
from clustrace.files import read_json, write_json
from clustrace.provenance.base import Sha256
from clustrace.provenance.record import Determinism

#: How far losses may lie apart, relative to the recorded ones, where nothing promises equal bits:
#: on another machine, or on a GPU. Rounding alone stays far below it in a few hundred steps.
TOLERANCE = 1e-3


class Agreement(StrEnum):
    """How a repetition compares with what is recorded."""

    EQUAL = "equal"
    """Bit for bit."""
    CLOSE = "close"
    """Losses within the tolerance, where nothing promises equal bits."""
    DIFFERENT = "different"
    """Not bit for bit, where that is promised."""


class Extent(Model):
    """How much of a training was repeated."""

    steps: PositiveInt
    """Gradient step of the last row of the history that was compared."""
    of_steps: PositiveInt
    """Gradient steps of the whole training."""
    rows: PositiveInt
    """Rows of the history that were compared, of all seeds."""
    phases: PositiveInt
    """Phases of the training; only the first was compared."""


class LaterCode(Model):
    """Code that a job was repeated with."""

    digest: Sha256
    """Hash over the names and hashes of all its modules."""
    object: Sha256
    """Object with roots and modules."""
    commit: Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")] | None
    """Commit of its checkout; None outside git."""
    dirty: bool
    """Whether the checkout differed from the commit."""
    changed: dict[str, str]
    """Modules that are not those of the record, with lines added and removed as in `+3 -1`;
    `new` or `gone` for a module that only one side has, `edited` where git cannot tell."""


class Attestation(Model):
    """What a repetition under later code says of a recorded job."""

    record: str
    """Path of the record, relative to the repository root."""
    record_sha256: Sha256
    """Hash of the record."""
    rule: str
    code: Sha256
    """Identity of the code that did the job."""
    later: LaterCode
    """Code that repeated it."""
    outcome: Agreement
    extent: Extent | None
    """What part of a training was repeated; None where the whole job was."""
    determinism: Determinism | None
    """How far the job promises to be repeatable."""
    same_machine: bool
    """Whether processor and libraries of the repetition are those of the record."""
    environment: Sha256
    """Object with machine and software of the repetition."""
    date: date
    """Day of the repetition."""

    @property
    def vouches(self) -> bool:
        """True if nothing came out otherwise."""
        return self.outcome is not Agreement.DIFFERENT

    @property
    def sentence(self) -> str:
        """What it says, as a clause: ``first 300 of 14,800 steps equal under today's code``."""
        how = {
            Agreement.EQUAL: "equal",
            Agreement.CLOSE: f"within {TOLERANCE:.1%}",
            Agreement.DIFFERENT: "different",
        }[self.outcome]
        return f"{_part(self.extent)} {how} under today's code"


def _part(extent: Extent | None) -> str:
    if extent is None:
        return "whole job"
    if extent.steps == extent.of_steps:
        return f"all {extent.of_steps:,} steps"
    phases = f", none of phases 2 to {extent.phases}," if extent.phases > 1 else ""
    return f"first {extent.steps:,} of {extent.of_steps:,} steps{phases}"


_LIST = TypeAdapter(list[Attestation])


def parse_attestations(content: object) -> dict[str, Attestation]:
    """Attestations by the hash of their record.

    Raises:
        ValueError: it is no list of attestations, or has one record twice.
    """
    try:
        # Lax, as JSON has no enumerations and no dates.
        listed = _LIST.validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    found = {each.record_sha256: each for each in listed}
    if len(found) < len(listed):
        raise ValueError("a record stands in it twice")
    return found


def read_attestations(path: Path) -> dict[str, Attestation]:
    """Attestations by the hash of their record; none if there is no such file.

    Raises:
        StorageError: the file is no list of attestations.
    """
    if not path.exists():
        return {}
    try:
        return parse_attestations(read_json(path))
    except ValueError as error:
        raise StorageError(
            f"{path} is no list of attestations ({error}); restore it with git, or delete it and "
            "call `clustrace attest`."
        ) from error


def write_attestations(path: Path, attestations: Iterable[Attestation]) -> None:
    """Write attestations as JSON in the order of their records' paths, atomically.

    Raises:
        StorageError: the file could not be written.
    """
    ordered = sorted(attestations, key=lambda each: (each.record, each.record_sha256))
    write_json(path, [each.model_dump(mode="json") for each in ordered])
