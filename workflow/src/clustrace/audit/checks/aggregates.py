"""Checks on cells: members, mean, spread and printed text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clustrace.audit import numbers
from clustrace.audit.case import Case, Place
from clustrace.audit.checks.scores import close
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.scoreboard import Evaluation
from clustrace.audit.sizes import size_of
from clustrace.audit.timed_cells import (
    base_group,
    base_left_out,
    group_of,
    is_measured,
    machines_behind,
    runs_of,
    timed_members,
)
from clustrace.audit.tree import TreeError

_ROUNDING = re.compile(r"(percent|fraction|seconds|ratio|millions), (\d+) decimals?, half to even")
_STEPS = "gradient steps, 0 decimals, half to even"
# Parts of a cell's reason that do not say why a seed is missing.
_NO_VERDICT = (
    *("too few seeds for a verdict", "the protocol ", "the paper prints no number"),
    "the other rows are divided by this one",
)


@dataclass(frozen=True)
class Member:
    """One seed of a cell."""

    seed: int
    run: str
    value: float


def members(case: Case, line: LedgerLine) -> list[Member]:
    """Recomputed values of a cell, seed by seed; of two runs with a seed the first one counts.

    Raises:
        TreeError: the label vectors of a run cannot be scored.
    """
    place = case.places.get(line.address)
    metric = place.metric.metric if place else line.metric
    found: dict[int, Member] = {}
    if place is not None and place.metric.is_time:
        timed = timed_members(case, line, place)
        return [Member(seed, *timed[seed]) for seed in sorted(timed)]
    for run in line.runs:
        for seed, scores in case.scores.of(run).seeds.items():
            value = getattr(scores, metric, None)
            if not isinstance(value, float):
                raise TreeError(f"no label vector has a score {metric!r}")
            found.setdefault(seed, Member(seed, run, value))
    return [found[seed] for seed in sorted(found)]


def digits_of(line: LedgerLine) -> tuple[str, int] | None:
    """Unit and decimals in which a number is printed; None if its rounding does not say."""
    if line.rounding == _STEPS:
        return "fraction", 0
    match = _ROUNDING.fullmatch(line.rounding)
    return (match[1], int(match[2])) if match else None


class AggregatesRecomputed(Check):
    """CELL-003."""

    id = "CELL-003"
    title = "Mean, standard deviation, n and seeds of every cell are those of its runs"
    level = Level.PREDICTIONS
    why = "The number of the table is a mean; anybody can compute it again."
    mend = "Delete the ledger and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Aggregate the recomputed scores of each cell's runs."""
        for line in case.lines("cell"):
            if line.value is None:
                continue
            place = case.places.get(line.address)
            if place is not None and place.metric.is_size:
                yield _counted(case, line, place)
                continue
            try:
                found = members(case, line)
                machines = machines_behind(case, line, place)
            except TreeError as error:
                yield skipped(line.address, str(error))
                continue
            statistic = place.metric.statistic if place else "mean"
            yield from _compared(line, found, statistic, machines)


def _counted(case: Case, line: LedgerLine, place: Place) -> Observation:
    """The size of a network, counted anew from its declared widths."""
    assert case.experiment is not None
    if place.row.method is None:
        return failed(line.address, f"value {line.value}", "none, as no method is declared")
    millions = size_of(case.experiment, place.row.method, place.column.dataset, place.metric.metric)
    found = (line.value, line.std, line.n, line.seeds, line.runs)
    if found[1:] != (None, 0, (), ()) or not close(line.value, millions):
        return failed(line.address, f"value {line.value} of {line.n} seeds", f"{millions}, counted")
    return passed(line.address)


def _compared(
    line: LedgerLine, found: Sequence[Member], statistic: str, machines: str
) -> Iterator[Observation]:
    values = [member.value for member in found]
    if not values:
        yield failed(line.address, "a value", "none, as its runs have no label vector")
        return
    how = f"{statistic} over seeds" if len(values) > 1 else "single seed"
    expected: Mapping[str, object] = {
        "value": numbers.middle(values, statistic),
        "std": numbers.deviation(values),
        "n": len(values),
        "seeds": tuple(member.seed for member in found),
        "aggregation": f"{how}{machines}",
    }
    wrong = [name for name, value in expected.items() if not close(getattr(line, name), value)]
    for name in wrong:
        yield failed(line.address, f"{name} {getattr(line, name)}", f"{name} {expected[name]}")
    if not wrong:
        yield passed(line.address)


class RoundingRight(Check):
    """CELL-004."""

    id = "CELL-004"
    title = "Every printed number is its raw value, rounded half to even as declared"
    level = Level.PREDICTIONS
    why = "Rounding up where it pleases moves a table."
    mend = "Delete the ledger and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Round every raw value anew."""
        for line in case.lines("cell", "kendall-tau", "comparison"):
            if line.value is None:
                if line.printed:
                    yield failed(line.address, f"{line.printed!r} printed", "no text")
                continue
            digits = digits_of(line)
            place = case.places.get(line.address)
            if place is None and not line.rounding:
                yield _as_printed(line)
            elif digits is None:
                yield failed(line.address, f"rounding {line.rounding!r}", "a rounding")
            elif place and digits != (place.metric.unit, place.metric.decimals):
                declared = f"{place.metric.unit}, {place.metric.decimals} decimals"
                yield failed(line.address, line.rounding, declared)
            else:
                expected = _text(line, *digits)
                if line.printed == expected:
                    yield passed(line.address)
                else:
                    yield failed(line.address, line.printed, expected)


def _as_printed(line: LedgerLine) -> Observation:
    """Where nothing tells of the rounding, the printed digits do."""
    assert line.value is not None
    mean = line.printed.partition(" ")[0]
    decimals = len(mean.partition(".")[2])
    allowed = [numbers.printed(line.value, unit, decimals) for unit in ("fraction", "percent")]
    if mean.removeprefix("+") in allowed:
        return passed(line.address)
    return failed(line.address, mean, " or ".join(allowed))


def _text(line: LedgerLine, unit: str, decimals: int) -> str:
    assert line.value is not None
    text = numbers.printed_with_spread(line.value, line.std, unit, decimals)
    if line.kind != "comparison":
        return text
    return numbers.printed_signed(line.value, unit, decimals) + text.removeprefix(
        numbers.printed(line.value, unit, decimals)
    )


class MembersComplete(Check):
    """CELL-009."""

    id = "CELL-009"
    title = "Every cell counts all planned seeds of its method on its data set, or says why not"
    level = Level.PREDICTIONS
    why = "Dropping the worst seed makes any method better."
    mend = "Run the missing seeds and build the ledger again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Hold the members of each cell against all runs that there are, and the plan."""
        for line in case.lines("cell"):
            place = case.places.get(line.address)
            if place is not None and place.metric.is_size:
                continue  # Nothing is run for it; CELL-003 counts it.
            groups = case.scores.groups
            group: Sequence[Evaluation]
            if place is None:
                group = next((g for g in groups.values() if runs_of(g) & set(line.runs)), [])
            else:
                group = group_of(case, place, place.row)
            if not group and place is None and line.runs:
                yield skipped(line.address, "no record tells of the label vectors of its runs")
                continue
            if place is None and line.rounding.startswith("ratio,"):
                yield skipped(line.address, "config/papers does not declare what it is divided by")
                continue
            faults = [*_unexplained(case, line, place, group), *base_left_out(case, line, place)]
            for found, expected in faults:
                yield failed(line.address, found, expected)
            if not faults:
                yield passed(line.address)


def _unexplained(
    case: Case, line: LedgerLine, place: Place | None, group: Sequence[Evaluation]
) -> Iterator[tuple[str, str]]:
    foreign = set(line.runs) - runs_of(group) - runs_of(base_group(case, place))
    if foreign:
        yield f"the run {min(foreign)}", "runs of this method on this data set"
    available: dict[int, str] = {}
    for evaluation in group:
        try:
            seeds = case.scores.of(evaluation.run).seeds
        except TreeError:
            continue  # CELL-002 tells of it.
        available |= dict.fromkeys(seeds, evaluation.run)
    if not is_measured(case, place, group):
        available = {}
    left_out = set(available) - set(line.seeds if line.value is not None else ())
    if left_out:
        seed = min(left_out)
        yield f"seed {seed} left out", f"all seeds that were run, such as {available[seed]}"
    if line.value is None:
        if not line.reason:
            yield "neither a value nor a reason", "one of them"
        return
    planned = set(range(case.experiment.protocol.seeds)) if case.experiment else set()
    missing = sorted(planned - set(line.seeds))
    if missing and not _explanation(line):
        names = " ".join(map(str, missing))
        yield f"no seed {names}", f"{len(planned)} planned seeds, or why some are missing"


def _explanation(line: LedgerLine) -> str:
    """The part of a cell's reason that can say why a seed is missing."""
    parts = [part for part in line.reason.split("; ") if not part.startswith(_NO_VERDICT)]
    return "; ".join(parts)
