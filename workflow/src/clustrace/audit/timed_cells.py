"""Cells of seconds and of their ratios, measured anew from the records behind their runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from clustrace.audit import numbers
from clustrace.audit.case import Case, Place
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.scoreboard import Evaluation
from clustrace.audit.tree import TreeError
from clustrace.config.papers import Row


def group_of(case: Case, place: Place, row: Row) -> Sequence[Evaluation]:
    """Evaluations of the runs of a row on the data set of a cell."""
    key = ("evaluate", place.column.dataset, row.method or "")
    return case.scores.groups.get(key, [])


def runs_of(group: Sequence[Evaluation]) -> set[str]:
    """Folders of runs."""
    return {evaluation.run for evaluation in group}


def base_group(case: Case, place: Place | None) -> Sequence[Evaluation]:
    """Evaluations of what a ratio divides by; none for other cells."""
    if place is None or place.metric.relative_to is None:
        return []
    return group_of(case, place, place.table.row(place.metric.relative_to))


def timed_members(case: Case, line: LedgerLine, place: Place) -> Mapping[int, tuple[str, float]]:
    """Run and value of each seed of a cell of seconds; of two runs with a seed the first counts.

    Raises:
        TreeError: a record is missing, or there is nothing to divide by.
    """
    own = runs_of(group_of(case, place, place.row))
    others = runs_of(base_group(case, place))
    unknown = set(line.runs) - own - others
    if unknown:
        raise TreeError(f"no record tells whose label vectors {min(unknown)} has")
    found = _seconds(case, place, [run for run in line.runs if run in own])
    if place.metric.relative_to is None:
        return found
    base = _seconds(case, place, [run for run in line.runs if run in others])
    if not base or not all(seconds for _, seconds in base.values()):
        raise TreeError("its runs have no seconds that it can be divided by")
    whole = numbers.middle([seconds for _, seconds in base.values()], place.metric.statistic)
    return {seed: (run, seconds / whole) for seed, (run, seconds) in found.items()}


def _seconds(case: Case, place: Place, runs: Sequence[str]) -> dict[int, tuple[str, float]]:
    found: dict[int, tuple[str, float]] = {}
    for run in runs:
        for seed, seconds in case.times.of(run, place.metric.metric).items():
            found.setdefault(seed, (run, seconds))
    return found


def machines_behind(case: Case, line: LedgerLine, place: Place | None) -> str:
    """What the aggregation of a cell of seconds says of the machines of its runs.

    Raises:
        TreeError: a record is missing.
    """
    if place is None or not place.metric.is_time:
        return ""
    metric = place.metric.metric
    machines = sorted({each for run in line.runs for each in case.times.machines(run, metric)})
    return f", timed on {' and on '.join(machines)}"


def is_measured(case: Case, place: Place | None, group: Sequence[Evaluation]) -> bool:
    """Whether the records tell the value of a cell's runs, as those of any other metric do."""
    if place is None or not place.metric.is_time:
        return True
    groups = [group] if place.metric.relative_to is None else [group, base_group(case, place)]
    return all(groups) and all(
        _is_timed(case, place, run) for each in groups for run in runs_of(each)
    )


def _is_timed(case: Case, place: Place, run: str) -> bool:
    try:
        return bool(case.times.of(run, place.metric.metric))
    except TreeError:
        return False


def base_left_out(case: Case, line: LedgerLine, place: Place | None) -> Iterator[tuple[str, str]]:
    """Seeds of what a ratio divides by that it does not count: what was found and expected."""
    if line.value is None:
        return
    for evaluation in base_group(case, place):
        if evaluation.run not in line.runs:
            yield f"the run {evaluation.run} left out", "all runs of what it is divided by"
