"""What an audit says: checks with their severity and level, and what each of them found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from clustrace.audit.case import Case


class Severity(StrEnum):
    """What follows when a check does not hold."""

    REQUIRED = "required"
    """The results cannot be trusted as they are; the audit fails."""
    WARNING = "warning"
    """Somebody should look at it."""
    INFO = "info"
    """Worth knowing."""


class Level(StrEnum):
    """How deep an audit goes; each level includes those before it."""

    HASHES = "hashes"
    """Files, records and tables agree with each other."""
    PREDICTIONS = "predictions"
    """Every number is computed anew from the label vectors."""
    WEIGHTS = "weights"
    """Label vectors are computed anew from the weights."""
    RETRAIN = "retrain"
    """Everything is trained anew."""

    def includes(self, other: Level) -> bool:
        """True if an audit of this level makes the checks of the other one."""
        order = list(Level)
        return order.index(other) <= order.index(self)


class Status(StrEnum):
    """What became of a check on one subject."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Observation:
    """What a check found about one subject: a file, a record or the address of a number."""

    status: Status
    subject: str
    found: str = ""
    """What is there, if the check failed."""
    expected: str = ""
    """What should be there."""
    reason: str = ""
    """Why the check could not be made."""


def passed(subject: str) -> Observation:
    """The check holds for the subject."""
    return Observation(Status.PASSED, subject)


def failed(subject: str, found: object, expected: object) -> Observation:
    """The check does not hold."""
    return Observation(Status.FAILED, subject, found=str(found), expected=str(expected))


def skipped(subject: str, reason: str) -> Observation:
    """The check could not be made, with the reason."""
    return Observation(Status.SKIPPED, subject, reason=reason)


def compared(subject: str, found: object, expected: object) -> Observation:
    """Passed if both are equal."""
    return passed(subject) if found == expected else failed(subject, found, expected)


class Check(ABC):
    """One thing that must hold of results, with the reason why it matters."""

    id: ClassVar[str]
    """Fixed name, such as `CELL-003`."""
    title: ClassVar[str]
    """What holds if the check passes."""
    severity: ClassVar[Severity] = Severity.REQUIRED
    level: ClassVar[Level]
    """Lowest level that makes the check."""
    why: ClassVar[str]
    """Why it matters."""
    mend: ClassVar[str]
    """What to do if it does not hold."""

    @abstractmethod
    def examine(self, case: Case) -> Iterator[Observation]:
        """Look at all subjects of the check."""
