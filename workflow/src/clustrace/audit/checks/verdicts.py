"""Checks on published numbers, differences, tolerances and verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clustrace.audit import numbers
from clustrace.audit.case import Case, Place
from clustrace.audit.checks.aggregates import digits_of, members
from clustrace.audit.checks.scores import close
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.tree import TreeError

_REBUILD = "Delete the ledger and run again."


class PublishedRight(Check):
    """CELL-005."""

    id = "CELL-005"
    title = "Every published number is the one of config/papers"
    level = Level.PREDICTIONS
    why = "A published number that moves towards ours makes anything reproduced."
    mend = _REBUILD

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare value, unit, text and place of each cell with what was copied from the paper."""
        for line in case.lines("cell"):
            place = case.places.get(line.address)
            if place is None:
                yield skipped(line.address, "config/papers does not declare this cell")
                continue
            wrong = _differing(line, _published(place))
            yield failed(line.address, *wrong) if wrong else passed(line.address)


def _published(place: Place) -> Mapping[str, object]:
    number = place.number
    if number is None:
        return {"published": None, "published_unit": "", "published_printed": "", "place": ""}
    if number.value is None:
        empty = {"published": None, "published_unit": "", "published_printed": ""}
        return {**empty, "place": number.place}
    return {
        "published": number.value,
        "published_unit": place.metric.unit,
        "published_printed": f"{number.value:.{number.decimals}f}",
        "place": f"{number.place} ({number.note})" if number.note else number.place,
    }


def _differing(line: LedgerLine, expected: Mapping[str, object]) -> tuple[str, str] | None:
    """The first field that is not as expected: what was found, and what was expected."""
    for name, value in expected.items():
        found = getattr(line, name)
        if not close(found, value):
            return f"{name} {_shown(found)}", f"{name} {_shown(value)}"
    return None


def _shown(value: object) -> str:
    return "nothing" if value in (None, "") else str(value)


def is_judged(case: Case, line: LedgerLine) -> bool:
    """True if a cell must have a tolerance and a verdict."""
    if line.value is None or line.published is None:
        return False
    if line.n < numbers.LEAST and line.published_unit != "millions":
        return False
    if case.experiment is None:
        return line.tolerance is not None or line.verdict != ""
    return case.experiment.protocol.verdicts


class ToleranceRight(Check):
    """CELL-006."""

    id = "CELL-006"
    title = "Difference and tolerance of every cell follow from its runs"
    level = Level.PREDICTIONS
    why = "Within a wider tolerance everything agrees."
    mend = _REBUILD

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compute difference and prediction interval of each cell anew."""
        for line in case.lines("cell"):
            try:
                wrong = _differing(line, _expected(case, line))
            except TreeError as error:
                yield skipped(line.address, str(error))
                continue
            yield failed(line.address, *wrong) if wrong else self._derived(line)

    def _derived(self, line: LedgerLine) -> Observation:
        """The derivation in words must end in the number."""
        if line.tolerance is None:
            wrong = line.tolerance_from != ""
        else:
            wrong = f"= {line.tolerance:.6g}" not in line.tolerance_from
        if wrong:
            return failed(line.address, line.tolerance_from or "no derivation", line.tolerance)
        return passed(line.address)


def _expected(case: Case, line: LedgerLine) -> Mapping[str, float | None]:
    """Difference and tolerance.

    Raises:
        TreeError: the runs cannot be scored.
    """
    if line.value is None or line.published is None:
        return {"difference": None, "tolerance": None}
    difference = line.value - line.published / numbers.SCALES.get(line.published_unit, 1)
    if not is_judged(case, line) or line.published_unit in numbers.TIMES:
        return {"difference": difference, "tolerance": None}
    place, digits = case.places.get(line.address), digits_of(line)
    _, _, fraction = line.published_printed.partition(".")
    decimals = place.number.decimals if place and place.number else len(fraction)
    unit = digits[0] if digits else line.published_unit
    if line.published_unit == "millions":
        return {"difference": difference, "tolerance": 0.5 * 10**-decimals}
    values = [member.value for member in members(case, line)]
    tolerance = numbers.tolerance(values, unit, decimals) if len(values) > 1 else None
    return {"difference": difference, "tolerance": tolerance}


class VerdictRight(Check):
    """CELL-007."""

    id = "CELL-007"
    title = "Every verdict follows from difference and tolerance, and is passed where it is due"
    level = Level.PREDICTIONS
    why = "The verdict is what readers take away."
    mend = _REBUILD

    def examine(self, case: Case) -> Iterator[Observation]:
        """Judge each cell anew."""
        for line in case.lines("cell"):
            expected = ""
            if is_judged(case, line) and line.published_unit in numbers.TIMES:
                assert line.value is not None and line.published is not None
                expected = numbers.verdict_of_time(line.value, line.published)
            elif is_judged(case, line):
                if line.difference is None or line.tolerance is None:
                    yield failed(line.address, "a verdict without its numbers", "both")
                    continue
                expected = numbers.verdict(line.difference, line.tolerance)
            if line.verdict != expected:
                yield failed(line.address, line.verdict or "no verdict", expected or "no verdict")
            elif not expected and not line.reason and _is_expected(case, line):
                yield failed(line.address, "no verdict and no reason", "a reason")
            else:
                yield passed(line.address)


def _is_expected(case: Case, line: LedgerLine) -> bool:
    """True if a cell without a verdict has to say why."""
    return line.value is not None and (case.experiment is not None or line.published is not None)
