"""What the runs of a method measure for a cell: values of its seeds, and the one printed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import stdev

from clustrace.config.papers import Column, Metric, Row, Table
from clustrace.errors import StorageError
from clustrace.evaluate.numbers import middle

#: Comes before the machines that seconds were measured on, and between two of them.
TIMED_ON, AND_ON = ", timed on ", " and on "


def at_start(metric: str) -> str:
    """Name of a metric's value with the clusters that a fine-tuning starts from."""
    return f"{metric}-at-start"


@dataclass(frozen=True)
class SeedScores:
    """Scores of one seed of a method on a data set."""

    seed: int
    scores: Mapping[str, float]
    """Value of each metric (``acc``, ``nmi``, ``ari`` or ``error``), as a fraction, of the same at
    the start of a fine-tuning (:func:`at_start`), and seconds."""
    run: str
    """Folder of the run that they come from."""
    capped: bool = False
    """Whether its training ended at its largest number of iterations, not by its tolerance."""
    timed_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Processor and threads of the jobs that each metric of seconds counts, for readers."""


@dataclass(frozen=True)
class MethodResult:
    """Result of a method on a data set: scores, or the reason why some or all are missing."""

    seeds: tuple[SeedScores, ...] = ()
    """In the order of the runs that they come from."""
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse a result that says nothing, or a seed that counts twice."""
        if not self.seeds and not self.reason:
            raise ValueError("A result without scores needs a reason.")
        if len({member.seed for member in self.seeds}) < len(self.seeds):
            raise ValueError("Each seed may occur only once in a result.")


@dataclass(frozen=True)
class Measured:
    """The values of a cell, seed by seed, and what became of them."""

    seeds: tuple[int, ...]
    values: tuple[float, ...]
    value: float
    """Their mean or median."""
    runs: tuple[str, ...]
    """Folders of all runs that it comes from."""
    aggregation: str
    """How the values became one, in words."""
    reason: str
    """Why seeds are missing."""

    @property
    def std(self) -> float | None:
        """Standard deviation with n - 1 in the denominator; None for one seed."""
        return stdev(self.values) if len(self.values) > 1 else None


def measure(
    table: Table,
    row: Row,
    column: Column,
    metric: Metric,
    results: Mapping[tuple[str, str], MethodResult],
) -> Measured | str:
    """The values of a cell, or why it has none.

    A ratio divides the seconds of each seed by those that another row's cell has on the same data
    set, so that it is the ratio of the two cells.

    Args:
        table: The table of the cell.
        row: Its row.
        column: Its data set.
        metric: Its metric, which is not a network's size.
        results: Results by method and data set (slugs).

    Raises:
        StorageError: a run lacks the metric, or it is not finite.
    """
    result = _result(row, column, metric, results)
    if isinstance(result, str):
        return result
    members = sorted(result.seeds, key=lambda member: member.seed)
    behind, whole = list(result.seeds), 1.0
    if metric.relative_to is not None:
        other = table.row(metric.relative_to)
        base = _result(other, column, metric, results)
        if isinstance(base, str):
            return f"no ratio to {other.printed}: {base}"
        whole = middle([_score(member, metric.metric) for member in base.seeds], metric.statistic)
        if whole == 0:
            return f"no ratio to {other.printed}: it took 0 seconds"
        behind += base.seeds
    values = tuple(_score(member, metric.metric) / whole for member in members)
    return Measured(
        seeds=tuple(member.seed for member in members),
        values=values,
        value=middle(values, metric.statistic),
        runs=tuple(dict.fromkeys(member.run for member in behind)),
        aggregation=_aggregation(metric, len(values), behind),
        reason=result.reason,
    )


def _result(
    row: Row, column: Column, metric: Metric, results: Mapping[tuple[str, str], MethodResult]
) -> MethodResult | str:
    """Result of a row on a data set, or why a metric has none."""
    if row.method is None:
        return "not yet implemented"
    result = results.get((row.method, column.dataset))
    if result is None:
        return "not run in this configuration"
    if not result.seeds:
        return result.reason
    if metric.is_time and not all(metric.metric in member.scores for member in result.seeds):
        return _no_time(metric)
    return result


def _no_time(metric: Metric) -> str:
    match metric.metric:
        case "pretraining_seconds":
            return "it starts from no other method, or no record tells how long that took"
        case "inference_seconds":
            return "it trains a network alone, or no record tells how long it took"
    return "no record tells how long it took"


def _score(member: SeedScores, metric: str) -> float:
    value = member.scores.get(metric)
    if value is None or not math.isfinite(value):
        raise StorageError(
            f"The run {member.run} has no usable {metric!r} for seed {member.seed}; "
            "delete its metrics and run again."
        )
    return value


def _aggregation(metric: Metric, seeds: int, behind: Sequence[SeedScores]) -> str:
    """How the seeds became one number; of seconds also where they were measured."""
    how = f"{metric.statistic} over seeds" if seeds > 1 else "single seed"
    machines = sorted(
        {each for member in behind for each in member.timed_on.get(metric.metric, ())}
    )
    return f"{how}{TIMED_ON}{AND_ON.join(machines)}" if metric.is_time and machines else how
