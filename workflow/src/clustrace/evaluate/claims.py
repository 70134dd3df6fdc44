"""Does a claim in words hold? Paired comparisons over seeds, and a verdict over all of them.

A claim is the conjunction of its comparisons, so that each is tested at 5 % without a correction
for their number: the claim is accepted wrongly in at most 5 % of the cases in which any of them
is false (intersection-union test).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import fmean, stdev

from clustrace.errors import NotApplicableError
from clustrace.evaluate.verdicts import MIN_SEEDS

LEVEL = 0.05


class ClaimVerdict(StrEnum):
    """Whether a claim holds in our runs."""

    HOLDS = "holds"
    PART = "holds in part"
    FAILS = "fails"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Lead:
    """By how much one method is ahead of another, over the seeds that both have."""

    seeds: tuple[int, ...]
    mean: float
    """Mean of the paired differences; above 0 if the first method is ahead."""
    std: float | None
    """Standard deviation of the differences, n - 1 in the denominator; None for one seed."""
    p_value: float | None
    """Of the one-sided paired t test; None with fewer than 3 seeds, or where the lead is open."""
    open: bool = False
    """True if trainings that were stopped at their maximum leave it open which method is ahead."""

    @property
    def positive(self) -> bool:
        """True if the first method is ahead."""
        return self.mean > 0 and not self.open

    @property
    def significant(self) -> bool:
        """True if the paired t test says so at 5 %."""
        return self.positive and self.p_value is not None and self.p_value <= LEVEL


@dataclass(frozen=True)
class ClaimResult:
    """How many comparisons of a claim are positive, and what follows."""

    positive: int
    compared: int
    """Comparisons with results that are not open."""
    total: int
    verdict: ClaimVerdict | None
    """None if the protocol passes no verdicts; then ``reason`` says so."""
    reason: str = ""


def paired_lead(ahead: Mapping[int, float], behind: Mapping[int, float]) -> Lead | None:
    """The lead of one method over another, paired by seed; None without a common seed.

    Args:
        ahead: Value of each seed of the method that is claimed to be ahead; more is better.
        behind: Values of the other method.

    Raises:
        NotApplicableError: a value of a common seed is not finite.
    """
    seeds = tuple(sorted(ahead.keys() & behind.keys()))
    if not seeds:
        return None
    differences = [ahead[seed] - behind[seed] for seed in seeds]
    if not all(map(math.isfinite, differences)):
        raise NotApplicableError(
            f"The differences {differences} cannot be tested; give only finite values."
        )
    mean = fmean(differences)
    std = stdev(differences) if len(seeds) > 1 else None
    p_value = _p_value(mean, std, len(seeds)) if std is not None else None
    return Lead(seeds, mean, std, p_value)


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
    lead = paired_lead(*counts)
    if lead is None:
        return None
    unsure = ahead if lead.mean > 0 else behind
    if not any(unsure[seed].capped for seed in lead.seeds):
        return lead
    return replace(lead, p_value=None, open=True)


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


def judge_claim(leads: Sequence[Lead | None], *, protocol: str, verdicts: bool) -> ClaimResult:
    """The verdict on a claim from all of its comparisons; None stands for a missing result.

    Args:
        leads: One for each comparison.
        protocol: Name of the protocol, for the reason.
        verdicts: Whether the protocol passes verdicts.

    Raises:
        NotApplicableError: there are no comparisons.
    """
    if not leads:
        raise NotApplicableError("A claim without comparisons cannot be judged; give some.")
    found = [lead for lead in leads if lead is not None and not lead.open]
    positive = sum(lead.positive for lead in found)

    def result(verdict: ClaimVerdict | None, reason: str = "") -> ClaimResult:
        return ClaimResult(positive, len(found), len(leads), verdict, reason)

    if not verdicts:
        return result(None, f"the protocol {protocol} passes no verdicts")
    lacking = _lacking(leads, found)
    if lacking:
        return result(ClaimVerdict.UNDECIDED, lacking)
    if not positive:
        return result(ClaimVerdict.FAILS)
    significant = sum(lead.significant for lead in found)
    if significant == len(leads):
        return result(ClaimVerdict.HOLDS)
    return result(
        ClaimVerdict.PART,
        f"{positive} of {len(leads)} comparisons are positive, and {significant} of them pass "
        "the one-sided paired t test at 5 %",
    )


def _lacking(leads: Sequence[Lead | None], found: Sequence[Lead]) -> str:
    """Why no verdict can be passed yet; empty if one can."""
    reasons = []
    missing = sum(lead is None for lead in leads)
    if missing:
        reasons.append(f"no results for {missing} of {len(leads)} comparisons")
    undecided = len(leads) - missing - len(found)
    if undecided:
        reasons.append(
            f"{undecided} of {len(leads)} comparisons are open, as trainings ended at their "
            "largest number of iterations"
        )
    few = [len(lead.seeds) for lead in found if len(lead.seeds) < MIN_SEEDS]
    if few:
        reasons.append(
            f"too few seeds in {len(few)} of {len(leads)} comparisons "
            f"({min(few)} of at least {MIN_SEEDS})"
        )
    return "; ".join(reasons)


@dataclass(frozen=True)
class PrintedResult:
    """Whether a claim holds in the numbers that a paper prints."""

    positive: int
    compared: int
    verdict: ClaimVerdict


def judge_printed(differences: Sequence[float | None]) -> PrintedResult | None:
    """Count the printed differences above 0; None if the paper prints none.

    Printed numbers have no seeds to test, so the claim holds if all of them are above 0.

    Args:
        differences: Number ahead minus number behind; None where one of them is not printed.
    """
    found = [difference for difference in differences if difference is not None]
    if not found:
        return None
    positive = sum(difference > 0 for difference in found)
    verdict = ClaimVerdict.PART if positive else ClaimVerdict.FAILS
    if positive == len(found):
        verdict = ClaimVerdict.HOLDS
    return PrintedResult(positive, len(found), verdict)
