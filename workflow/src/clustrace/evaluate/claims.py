"""Does a claim in words hold? A verdict over all of its comparisons.

A claim says that at least u of its n comparisons come out as claimed, all of them unless the paper
says otherwise. It is accepted if u of them pass their test at 5 % / (n - u + 1), and so wrongly in
at most 5 % of the cases in which fewer are true. Source: partial conjunction test with Bonferroni's
correction, Benjamini and Heller, Biometrics 64, 2008; for u = n it is the intersection-union test,
which needs no correction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from clustrace.errors import NotApplicableError
from clustrace.evaluate.leads import Lead
from clustrace.evaluate.verdicts import MIN_SEEDS

LEVEL = 0.05


class ClaimVerdict(StrEnum):
    """Whether a claim holds in our runs."""

    HOLDS = "holds"
    PART = "holds in part"
    FAILS = "fails"
    UNDECIDED = "undecided"


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


def needed_of(count: int, share: float) -> int:
    """Smallest number of comparisons that is at least a share of all."""
    # 0.9 of 10 in binary is a little above 9.
    return max(1, math.ceil(count * share - 1e-9))


def judge_claim(
    leads: Sequence[Lead | None], *, protocol: str, verdicts: bool, share: float = 1.0
) -> ClaimResult:
    """The verdict on a claim from all of its comparisons; None stands for a missing result.

    Args:
        leads: One for each comparison.
        protocol: Name of the protocol, for the reason.
        verdicts: Whether the protocol passes verdicts.
        share: Share of the comparisons that must come out as claimed.

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
    needed = needed_of(len(leads), share)
    level = LEVEL / (len(leads) - needed + 1)
    significant = sum(lead.passes(level) for lead in found)
    if significant >= needed:
        return result(ClaimVerdict.HOLDS)
    wanted = "" if needed == len(leads) else f", where {needed} must"
    return result(
        ClaimVerdict.PART,
        f"{positive} of {len(leads)} comparisons are positive, and {significant} of them pass "
        f"the one-sided t test at {100 * level:.2g} %{wanted}",
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


def judge_printed(
    differences: Sequence[float | None], *, share: float = 1.0
) -> PrintedResult | None:
    """Count the printed differences above 0; None if the paper prints none.

    Printed numbers have no seeds to test, so the claim holds if enough of them are above 0.

    Args:
        differences: Number ahead minus number behind; None where one of them is not printed.
        share: Share of the comparisons that must come out as claimed.
    """
    found = [difference for difference in differences if difference is not None]
    if not found:
        return None
    positive = sum(difference > 0 for difference in found)
    verdict = ClaimVerdict.PART if positive else ClaimVerdict.FAILS
    if positive >= needed_of(len(found), share):
        verdict = ClaimVerdict.HOLDS
    return PrintedResult(positive, len(found), verdict)
