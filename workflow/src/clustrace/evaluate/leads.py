"""Is a method ahead of another, of its own start, or of a number? Tests over seeds.

Each comparison becomes one number for each seed that is above 0 where the seed speaks for the
claim; their mean is tested by Student's one-sided t test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from clustrace.errors import NotApplicableError
from clustrace.evaluate.verdicts import MIN_SEEDS


@dataclass(frozen=True)
class Lead:
    """By how much a comparison comes out as claimed, over the seeds that have all it needs."""

    seeds: tuple[int, ...]
    mean: float
    """Mean over the seeds; above 0 if the comparison comes out as claimed."""
    std: float | None
    """Standard deviation over the seeds, n - 1 in the denominator; None for one seed."""
    p_value: float | None
    """Of the one-sided t test; None with fewer than 3 seeds, or where the lead is open."""
    open: bool = False
    """True if trainings that were stopped at their maximum leave it open which method is ahead."""

    @property
    def positive(self) -> bool:
        """True if the comparison comes out as claimed."""
        return self.mean > 0 and not self.open

    def passes(self, level: float) -> bool:
        """True if the t test says so at a level."""
        return self.positive and self.p_value is not None and self.p_value <= level


def paired_lead(
    ahead: Mapping[int, float], behind: Mapping[int, float], by: float = 0.0
) -> Lead | None:
    """The lead of one method over another, paired by seed; None without a common seed.

    Args:
        ahead: Value of each seed of the method that is claimed to be ahead; more is better.
        behind: Values of the other method.
        by: Lead that is claimed, which is taken off.

    Raises:
        NotApplicableError: a value of a common seed is not finite.
    """
    return _lead({seed: ahead[seed] - behind[seed] - by for seed in ahead.keys() & behind.keys()})


def trend_lead(steps: Sequence[Mapping[int, float]], *, rising: bool) -> Lead | None:
    """Kendall's tau-b of an order and the values in it, for each seed that has them all.

    Args:
        steps: Value of each seed, from the first step to the last.
        rising: Whether values are claimed to rise; else tau counts with the other sign.

    Raises:
        NotApplicableError: a value of a common seed is not finite.
    """
    from scipy.stats import kendalltau  # takes a second to import, and readers do not need it

    sign = 1 if rising else -1
    taus = {}
    for seed in frozenset.intersection(*(frozenset(step) for step in steps)):
        values = [step[seed] for step in steps]
        if not all(map(math.isfinite, values)):
            raise NotApplicableError(f"The values {values} have no order; give finite values.")
        tau = float(kendalltau(range(len(values)), values).statistic)
        taus[seed] = 0.0 if math.isnan(tau) else sign * tau  # all values are equal
    return _lead(taus)


def near_lead(one: Mapping[int, float], other: Mapping[int, float], margin: float) -> Lead | None:
    """How far the mean difference of two methods stays within a margin, paired by seed.

    With the differences d_i, their mean m and the margin δ the lead is δ - |m|. Its p value is the
    larger one of the two one-sided tests of m > -δ and m < δ: that of the bound on m's own side.
    Source: Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987.

    Args:
        one: Value of each seed of a method.
        other: Values of the other method.
        margin: δ.

    Raises:
        NotApplicableError: a value of a common seed is not finite.
    """
    differences = {seed: one[seed] - other[seed] for seed in one.keys() & other.keys()}
    sign = -1 if sum(differences.values()) < 0 else 1
    return _lead({seed: margin - sign * value for seed, value in differences.items()})


def bound_lead(values: Mapping[int, float], limit: float, *, above: bool) -> Lead | None:
    """How far a method's values lie above a limit, or below it; None without a seed.

    Args:
        values: Value of each seed.
        limit: The number that they are held against.
        above: Whether they are claimed to lie above it.

    Raises:
        NotApplicableError: a value is not finite.
    """
    sign = 1 if above else -1
    return _lead({seed: sign * (value - limit) for seed, value in values.items()})


def reading_lead(values: Mapping[int, float], own: float, other: float) -> Lead | None:
    """How much nearer values are to one published number than to another; None without a seed.

    For the value v of a seed, |v - other| - |v - own|.

    Args:
        values: Value of each seed.
        own: The number that they are claimed to be nearer to, in the same unit.
        other: The other number.

    Raises:
        NotApplicableError: a value is not finite.
    """
    return _lead({seed: abs(value - other) - abs(value - own) for seed, value in values.items()})


@dataclass(frozen=True)
class Steps:
    """Gradient steps that a training took."""

    count: float
    capped: bool = False
    """True if it ended at its largest number of iterations and would have gone on."""


def steps_lead(ahead: Mapping[int, Steps], behind: Mapping[int, Steps]) -> Lead | None:
    """The lead in gradient steps, of which fewer are better, paired by seed.

    A capped training would have taken at least the steps that it took. So a lead above 0 is sure
    only if no training of the method ahead was capped, and one of 0 or below only if none of the
    other was; else it is open.

    Args:
        ahead: Steps of each seed of the method that is claimed to need fewer.
        behind: Steps of the other method.
    """
    counts = [{seed: steps.count for seed, steps in side.items()} for side in (behind, ahead)]
    lead = paired_lead(counts[0], counts[1])
    if lead is None:
        return None
    unsure = ahead if lead.mean > 0 else behind
    if not any(unsure[seed].capped for seed in lead.seeds):
        return lead
    return replace(lead, p_value=None, open=True)


def _lead(by_seed: Mapping[int, float]) -> Lead | None:
    if not by_seed:
        return None
    seeds = tuple(sorted(by_seed))
    values = [by_seed[seed] for seed in seeds]
    if not all(map(math.isfinite, values)):
        raise NotApplicableError(
            f"The differences {values} cannot be tested; give only finite values."
        )
    mean = fmean(values)
    std = stdev(values) if len(seeds) > 1 else None
    p_value = _p_value(mean, std, len(seeds)) if std is not None else None
    return Lead(seeds, mean, std, p_value)


def _p_value(mean: float, std: float, n: int) -> float | None:
    """Probability of such a mean or a greater one, were the true mean 0."""
    if n < MIN_SEEDS:
        return None
    error = std / math.sqrt(n)
    if error == 0:
        # Equal differences: the limits of the test's statistic.
        return 0.0 if mean > 0 else 1.0
    from scipy.stats import t  # Takes a second to import, and who reads ledgers does not need it.

    return float(t.sf(mean / error, n - 1))
