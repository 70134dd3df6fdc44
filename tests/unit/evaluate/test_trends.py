"""Trends over an order of methods, leads by a margin, and verdicts on times."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from clustrace.audit import numbers
from clustrace.errors import NotApplicableError
from clustrace.evaluate.leads import paired_lead, trend_lead
from clustrace.evaluate.verdicts import VerdictKind, judge

VALUES = st.lists(st.integers(0, 5).map(float), min_size=3, max_size=7)


def steps(*by_seed):
    """Values of seeds 0, 1, … turned into those of each step."""
    return [dict(enumerate(values)) for values in zip(*by_seed, strict=True)]


@given(VALUES)
def test_a_trend_is_kendalls_tau_of_each_seed(values):
    found = trend_lead(steps(values), rising=True).mean
    tau = kendalltau(range(len(values)), values).statistic
    assert found == pytest.approx(0.0 if math.isnan(tau) else tau)
    assert found == pytest.approx(-trend_lead(steps(values), rising=False).mean)
    assert found == pytest.approx(numbers.kendall_tau(range(len(values)), values) or 0.0)


def test_seeds_that_lack_a_step_do_not_count():
    found = trend_lead([{0: 1.0, 1: 1.0}, {0: 2.0, 1: 2.0}, {0: 3.0}], rising=True)
    assert (found.seeds, found.mean) == ((0,), 1.0)
    assert trend_lead([{0: 1.0}, {1: 2.0}, {0: 3.0}], rising=True) is None


def test_a_trend_over_seeds_is_tested():
    found = trend_lead(steps([1, 2, 3, 4], [1, 2, 4, 3], [1, 3, 2, 4]), rising=True)
    assert found.mean == pytest.approx((1 + 2 / 3 + 2 / 3) / 3) and found.passes(0.05)


def test_values_without_an_order_are_refused():
    with pytest.raises(NotApplicableError, match="finite"):
        trend_lead([{0: 1.0}, {0: math.nan}, {0: 2.0}], rising=True)


def test_a_claimed_margin_is_taken_off_the_lead():
    found = paired_lead({0: 0.95, 1: 0.96}, {0: 0.93, 1: 0.95}, 0.01)
    assert found.mean == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("seconds", "kind"),
    [
        (10.0, VerdictKind.REPRODUCED),
        (1.0, VerdictKind.REPRODUCED),
        (100.0, VerdictKind.REPRODUCED),
        (101.0, VerdictKind.HIGHER),
        (0.99, VerdictKind.LOWER),
    ],
)
@pytest.mark.parametrize("unit", ["seconds", "ratio"])
def test_times_agree_within_a_factor_of_ten(seconds, kind, unit):
    verdict = judge([seconds] * 3, 10.0, unit=unit, decimals=1, protocol="paper", verdicts=True)
    assert verdict.kind is kind
    assert verdict.tolerance is None and verdict.difference == pytest.approx(seconds - 10)
    assert numbers.verdict_of_time(seconds, 10.0) == kind
