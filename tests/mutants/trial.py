"""Trying mutants and honest variations: alter the results, audit them, put them back."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from clustrace.audit.checkout import Checkout
from clustrace.audit.model import Level, Observation, Severity, Status
from clustrace.audit.report import Report
from clustrace.audit.run import audit
from tests.mutants.base import PROTOCOL
from tests.mutants.corpus import Mutant
from tests.mutants.honest import Honest
from tests.mutants.kind import Caught
from tests.mutants.places import LEDGER
from tests.mutants.tree import Tree

#: Honest variations shift jobs by hours, and forged ones by days.
_LATER = timedelta(hours=20)


@dataclass(frozen=True)
class Tried:
    """A mutant, and what an audit said of it."""

    mutant: Mutant
    expected: Caught
    place: str
    failed: tuple[str, ...]
    """Ids of required checks that failed."""
    warned: tuple[str, ...]
    """Ids of other checks that found what they do not find in honest results."""
    found_at: Level | None
    """The lowest level of audit that objects; None if none does."""
    seconds: float

    @property
    def caught(self) -> bool:
        """True if the audit objected, or warned as was named beforehand."""
        return bool(self.failed) or self.expected.check in self.warned

    @property
    def as_expected(self) -> bool:
        """True if the check objected that was named beforehand."""
        return self.expected.check in (*self.failed, *self.warned)


@dataclass(frozen=True)
class Varied:
    """An honest variation, and what an audit said of it."""

    variation: Honest
    place: str
    failed: tuple[str, ...]
    """Ids of required checks that failed: false alarms."""
    findings: tuple[str, ...]


class NoMutantError(Exception):
    """A mutant that altered nothing."""


class Laboratory:
    """The finished project, to be altered, audited and put back again and again.

    Args:
        folder: the project.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with self._inside():
            self.tree = Tree()
            self._checkout = Checkout(Path().absolute())
            self._usual = _warnings(self._audit(Path(), Level.PREDICTIONS))

    @contextmanager
    def _inside(self) -> Iterator[None]:
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            yield
        finally:
            os.chdir(before)

    def honest(self, level: Level = Level.PREDICTIONS, cell: str | None = None) -> Report:
        """Audit the results as they are."""
        with self._inside():
            return self._audit(Path(), level, cell)

    def _audit(self, root: Path, level: Level, cell: str | None = None) -> Report:
        return audit(
            root,
            level=level,
            protocols=[PROTOCOL],
            cells=None if cell is None else [cell],
            experiments={PROTOCOL: self.tree.experiment},
            checkout=self._checkout,
            now=datetime.now(UTC) + _LATER,
        )

    def try_mutant(self, mutant: Mutant, level: Level | None = None) -> Tried:
        """Make a mutant, audit it, put everything back.

        Args:
            mutant: the mutant.
            level: level of the audit; that at which it must be caught if missing.

        Raises:
            NoMutantError: nothing was altered.
        """
        expected = mutant.kind.caught(mutant.form)
        began = time.perf_counter()
        with self._inside():
            try:
                place = mutant.kind.apply(mutant.form, self.tree, random.Random(mutant.draw))
                if not self.tree.altered():
                    raise NoMutantError(f"{mutant.name} altered nothing")
                chosen = level or max(expected.level, Level.PREDICTIONS, key=list(Level).index)
                deep = list(Level).index(chosen) > list(Level).index(Level.PREDICTIONS)
                report = self._audit(Path(), chosen, self._cell_of(place) if deep else None)
            finally:
                self.tree.restore()
        return Tried(
            mutant=mutant,
            expected=expected,
            place=place,
            failed=_failed(report),
            warned=tuple(sorted({check for check, _ in _warnings(report) - self._usual})),
            found_at=_lowest(report),
            seconds=time.perf_counter() - began,
        )

    def _cell_of(self, place: str) -> str:
        """A number or array that rests on the files that were forged."""
        _, _, below = place.partition(f"results/{PROTOCOL}/")
        run = "/".join(below.partition(":")[0].split("/")[1:4])
        kind = "array" if "embedding" in place or "figures/" in place else "cell"
        figure = Path(place).stem if "figures/" in place else ""
        return next(
            row["address"]
            for row in self.tree.rows(LEDGER)
            if row["kind"] == kind
            and (row["table"] == figure or any(r.endswith(run) for r in row["runs"].split()))
        )

    def vary(self, variation: Honest, seed: int, number: int, folder: Path) -> Varied:
        """Make an honest variation, audit it, put everything back; ``folder`` is for copies."""
        rng = random.Random(f"{seed}/{variation.name}/{number}")
        with self._inside():
            try:
                place = variation.vary(self.tree, rng)
                with variation.audited(folder) as root:
                    report = self._audit(root, Level.PREDICTIONS)
            finally:
                self.tree.restore()
        findings = tuple(
            f"{outcome.check.id} {each.subject}: {each.found}, expected {each.expected}"
            for section in report.sections
            for outcome in section.broken
            for each in outcome.of(Status.FAILED)
        )
        return Varied(variation, place, _failed(report), findings[:3])


def _failed(report: Report) -> tuple[str, ...]:
    broken = (outcome for section in report.sections for outcome in section.broken)
    return tuple(dict.fromkeys(outcome.check.id for outcome in broken))


def _warnings(report: Report) -> frozenset[tuple[str, Observation]]:
    """What checks found that are not required to hold."""
    return frozenset(
        (outcome.check.id, each)
        for section in report.sections
        for outcome in section.outcomes
        if outcome.check.severity is Severity.WARNING
        for each in outcome.of(Status.FAILED)
    )


def _lowest(report: Report) -> Level | None:
    levels = [outcome.check.level for section in report.sections for outcome in section.broken]
    return min(levels, key=list(Level).index, default=None)
