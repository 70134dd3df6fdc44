"""The report of an audit: what every check came to, and which numbers it confirms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from clustrace.audit.model import Check, Level, Observation, Severity, Status
from clustrace.provenance.evidence import Rung


@dataclass(frozen=True)
class Outcome:
    """All observations of a check under one protocol."""

    check: Check
    observations: tuple[Observation, ...]

    def of(self, status: Status) -> list[Observation]:
        """Observations of this status."""
        return [each for each in self.observations if each.status is status]

    @cached_property
    def counts(self) -> Mapping[Status, int]:
        """Number of observations by status."""
        return Counter(each.status for each in self.observations)

    @property
    def status(self) -> Status:
        """Failed if any subject is; passed if any is and none failed; else skipped."""
        for status in (Status.FAILED, Status.PASSED):
            if self.counts[status]:
                return status
        return Status.SKIPPED

    @property
    def breaks(self) -> bool:
        """True if the results cannot be trusted for it."""
        return self.status is Status.FAILED and self.check.severity is Severity.REQUIRED


@dataclass(frozen=True)
class Confirmed:
    """How far a number was confirmed, and by which checks."""

    address: str
    rung: Rung
    basis: str
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """The audit of one protocol's results."""

    protocol: str
    outcomes: tuple[Outcome, ...]
    audited: tuple[str, ...]
    """Addresses of the numbers and arrays that were audited."""
    jobs: int
    confirmed: Mapping[str, Confirmed]
    """By address; numbers that did not pass are left out."""

    @property
    def numbers(self) -> int:
        """How many numbers and arrays were audited."""
        return len(self.audited)

    @property
    def broken(self) -> list[Outcome]:
        """Required checks that do not hold."""
        return [outcome for outcome in self.outcomes if outcome.breaks]


@dataclass(frozen=True)
class Report:
    """An audit."""

    level: Level
    sections: tuple[Section, ...]

    @property
    def ok(self) -> bool:
        """True if all required checks hold."""
        return not any(section.broken for section in self.sections)

    def failures(self, *ids: str) -> Iterator[Observation]:
        """What failed in checks of these ids, or in any."""
        for section in self.sections:
            for outcome in section.outcomes:
                if not ids or outcome.check.id in ids:
                    yield from outcome.of(Status.FAILED)

    def failed_checks(self) -> Sequence[str]:
        """Ids of the checks that do not hold, of whatever severity, without repetition."""
        ids = (
            outcome.check.id
            for section in self.sections
            for outcome in section.outcomes
            if outcome.status is Status.FAILED
        )
        return list(dict.fromkeys(ids))
