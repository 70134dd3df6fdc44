"""Verdicts against hand-computed tolerances."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustrace.errors import NotApplicableError
from clustrace.evaluate.verdicts import VerdictKind, judge, ranking_agreement

# Five values with mean 0.80 and standard deviation 0.01.
SPREAD = [0.80 + 0.01 * step * math.sqrt(0.4) for step in (-2, -1, 0, 1, 2)]
# t(4) at 97.5 % is 2.776445.
TOLERANCE = 2.776445 * 0.01 * math.sqrt(1.2)


def verdict(values, published, *, unit="percent", decimals=2, verdicts=True):
    return judge(
        values, published, unit=unit, decimals=decimals, protocol="paper", verdicts=verdicts
    )


def test_tolerance_is_the_prediction_interval_of_one_more_run():
    found = verdict(SPREAD, 80.0)
    assert found.tolerance == pytest.approx(TOLERANCE, rel=1e-6)
    assert found.kind is VerdictKind.REPRODUCED
    assert "t(4) s sqrt(1 + 1/5) = 2.7764 * 0.01 * 1.0954 = 0.0304144" in found.tolerance_from


@pytest.mark.parametrize(
    ("published", "kind"),
    [
        (80.0 - 100 * TOLERANCE + 0.01, VerdictKind.REPRODUCED),
        (80.0 - 100 * TOLERANCE - 0.01, VerdictKind.HIGHER),
        (80.0 + 100 * TOLERANCE - 0.01, VerdictKind.REPRODUCED),
        (80.0 + 100 * TOLERANCE + 0.01, VerdictKind.LOWER),
    ],
)
def test_the_tolerance_separates_reproduced_from_higher_and_lower(published, kind):
    assert verdict(SPREAD, published).kind is kind


def test_units_lead_to_the_same_verdict():
    percent, fraction = verdict(SPREAD, 85.0), verdict(SPREAD, 0.85, unit="fraction", decimals=4)
    assert percent.kind is fraction.kind is VerdictKind.LOWER
    assert percent.difference == pytest.approx(fraction.difference) == pytest.approx(-0.05)


def test_equal_runs_leave_half_a_unit_of_the_last_digit():
    found = verdict([0.54236] * 5, 54.24)
    assert found.tolerance == pytest.approx(0.00005)
    assert found.kind is VerdictKind.REPRODUCED
    assert found.tolerance_from.startswith("half a unit of the last printed digit = 5e-05")
    assert verdict([0.54245] * 5, 54.24).kind is VerdictKind.REPRODUCED
    assert verdict([0.54246] * 5, 54.24).kind is VerdictKind.HIGHER


def test_a_tolerance_above_five_points_is_inconclusive_whatever_the_difference():
    wide = [0.8 + 2 * (value - 0.8) for value in SPREAD]
    assert verdict(wide, 80.0).kind is VerdictKind.INCONCLUSIVE
    assert verdict(wide, 10.0).kind is VerdictKind.INCONCLUSIVE


def test_two_seeds_give_only_a_difference():
    found = verdict([0.8, 0.9], 84.0)
    assert (found.kind, found.tolerance) == (None, None)
    assert found.difference == pytest.approx(0.01)
    assert found.reason == "too few seeds for a verdict (2 of at least 3)"


def test_a_protocol_without_verdicts_gives_only_a_difference():
    found = verdict(SPREAD, 80.0, verdicts=False)
    assert (found.kind, found.tolerance) == (None, None)
    assert found.reason == "the protocol paper passes no verdicts"


@given(st.lists(st.floats(0, 1), min_size=3, max_size=8), st.floats(0, 100))
def test_verdict_and_numbers_agree(values, published):
    found = verdict(values, published)
    assert found.tolerance >= 0.00005
    if found.kind is VerdictKind.HIGHER:
        assert found.difference > found.tolerance
    elif found.kind is VerdictKind.LOWER:
        assert -found.difference > found.tolerance
    elif found.kind is VerdictKind.REPRODUCED:
        assert abs(found.difference) <= found.tolerance + 1e-9
    else:
        assert found.tolerance > 0.05


@pytest.mark.parametrize("values", [[], [0.5, math.nan, 0.5]])
def test_unusable_scores_are_refused(values):
    with pytest.raises(NotApplicableError, match="only finite numbers"):
        verdict(values, 50.0)


def test_ranking_agreement_counts_pairs_in_equal_and_opposite_order():
    assert ranking_agreement([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    assert ranking_agreement([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    # Five of six pairs in equal order, one opposite.
    assert ranking_agreement([1, 2, 3, 4], [2, 1, 3, 4]) == pytest.approx(4 / 6)


def test_ranking_agreement_needs_three_methods_that_differ():
    assert ranking_agreement([1, 2], [1, 2]) is None
    assert ranking_agreement([1, 2, 3], [5, 5, 5]) is None


def test_ranking_agreement_refuses_unequal_lengths():
    with pytest.raises(NotApplicableError, match="one of each"):
        ranking_agreement([1, 2, 3], [1, 2])
