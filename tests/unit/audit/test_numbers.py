import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from clustrace.audit import numbers
from clustrace.evaluate import numbers as theirs
from clustrace.evaluate.leads import paired_lead
from clustrace.evaluate.verdicts import judge, ranking_agreement

fractions = st.floats(-1, 1)
units = st.sampled_from(["percent", "fraction"])


@given(fractions, units, st.integers(0, 6))
def test_texts_agree_with_those_of_evaluate(value, unit, decimals):
    assert numbers.printed(value, unit, decimals) == theirs.printed(value, unit, decimals)
    assert numbers.printed_signed(value, unit, decimals) == theirs.printed_difference(
        value, unit, decimals
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.54245, "54.24"), (0.54235, "54.24"), (0.542451, "54.25"), (-0.00001, "0.00")],
)
def test_halves_are_rounded_to_even(value, text):
    assert numbers.printed(value, "percent", 2) == text


def test_steps_have_no_decimal_point():
    assert numbers.printed_signed(1234.5, "fraction", 0) == "+1234"


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 10, 29, 100])
def test_t_distribution_agrees_with_scipy(freedom):
    assert numbers.t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-10)


@given(st.lists(st.integers(0, 10_000).map(lambda v: v / 10_000), min_size=3, max_size=8))
def test_tolerance_and_verdict_agree_with_those_of_evaluate(values):
    judged = judge(values, 50.0, unit="percent", decimals=2, protocol="paper", verdicts=True)
    tolerance = numbers.tolerance(values, "percent", 2)
    assert tolerance == pytest.approx(judged.tolerance, rel=1e-9)
    assert numbers.verdict(judged.difference, judged.tolerance) == judged.kind


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), min_size=1, max_size=7))
def test_paired_tests_agree_with_those_of_evaluate(pairs):
    ahead = {seed: a / 1000 for seed, (a, _) in enumerate(pairs)}
    behind = {seed: b / 1000 for seed, (_, b) in enumerate(pairs)}
    lead = paired_lead(ahead, behind)
    differences = [ahead[seed] - behind[seed] for seed in ahead]
    assert numbers.mean(differences) == pytest.approx(lead.mean, abs=1e-15)
    assert numbers.deviation(differences) == pytest.approx(lead.std, abs=1e-15)
    assert numbers.paired_p_value(differences) == pytest.approx(lead.p_value, abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=9))
def test_ranking_agrees_with_that_of_evaluate(pairs):
    first, second = zip(*pairs, strict=True)
    ours, expected = numbers.kendall_tau(first, second), ranking_agreement(first, second)
    assert (ours is None) == (expected is None)
    assert ours is None or ours == pytest.approx(expected, abs=1e-12)


def test_a_single_value_has_no_spread():
    assert numbers.deviation([0.5]) is None
    with pytest.raises(ValueError, match="spread"):
        numbers.tolerance([0.5], "percent", 2)


def test_equal_values_keep_half_a_digit_of_tolerance():
    assert numbers.tolerance([0.5] * 3, "percent", 2) == pytest.approx(0.00005)
    assert numbers.tolerance([0.5] * 3, "fraction", 3) == pytest.approx(0.0005)


@pytest.mark.parametrize(
    ("difference", "within", "kind"),
    [
        (0.01, 0.01, "reproduced"),
        (0.02, 0.01, "higher"),
        (-0.02, 0.01, "lower"),
        (0.0, math.nextafter(0.05, 1), "inconclusive"),
        (0.0, 0.05, "reproduced"),
    ],
)
def test_verdicts(difference, within, kind):
    assert numbers.verdict(difference, within) == kind
