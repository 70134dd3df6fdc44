"""Paired comparisons over seeds, and the verdict on a claim."""

import math
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from clustrace.errors import NotApplicableError
from clustrace.evaluate.claims import (
    LEVEL,
    ClaimVerdict,
    Steps,
    judge_claim,
    judge_printed,
    paired_lead,
    steps_lead,
)

SCORES = st.dictionaries(st.integers(0, 9), st.floats(0, 1, allow_nan=False), max_size=8)


def lead(*differences):
    return paired_lead(dict(enumerate(differences)), dict.fromkeys(range(len(differences)), 0.0))


SURE = lead(0.10, 0.11, 0.12)
UNSURE = lead(0.3, -0.2, 0.01)
BEHIND = lead(-0.1, -0.2, -0.3)
SHORT = lead(0.1, 0.2)


def judged(*leads, verdicts=True):
    return judge_claim(leads, protocol="tiny", verdicts=verdicts)


def test_differences_are_paired_over_common_seeds():
    found = paired_lead({0: 0.5, 1: 0.9, 2: 0.8}, {1: 0.6, 2: 0.6, 7: 0.1})
    assert found.seeds == (1, 2)
    assert found.mean == pytest.approx(0.25)
    assert found.std == pytest.approx(math.sqrt(0.005))
    assert found.p_value is None, "two seeds are no test"


def test_without_a_common_seed_there_is_no_lead():
    assert paired_lead({0: 0.5}, {1: 0.5}) is None


def test_a_value_that_is_not_finite_is_refused():
    with pytest.raises(NotApplicableError, match="finite"):
        paired_lead({0: math.nan}, {0: 0.5})


@settings(deadline=None)
@given(SCORES, SCORES)
def test_the_lead_turns_its_sign_with_the_sides(first, second):
    one, other = paired_lead(first, second), paired_lead(second, first)
    if one is None:
        assert other is None
        return
    assert one.mean == -other.mean and one.seeds == other.seeds and one.std == other.std
    assert not (one.positive and other.positive)
    assert not one.significant or one.positive


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=8))
def test_the_p_value_is_that_of_scipys_paired_test(pairs):
    first, second = ([pair[side] for pair in pairs] for side in (0, 1))
    differences = [a - b for a, b in pairs]
    found = paired_lead(dict(enumerate(first)), dict(enumerate(second)))
    spread = max(differences) - min(differences)
    if spread < 1e-6:
        return
    expected = ttest_rel(first, second, alternative="greater").pvalue
    assert found.p_value == pytest.approx(expected, abs=1e-6)
    assert found.mean == pytest.approx(fmean(first) - fmean(second), abs=1e-12)


@pytest.mark.parametrize(("value", "p_value"), [(0.25, 0.0), (0.0, 1.0), (-0.25, 1.0)])
def test_equal_differences_have_the_limit_of_the_test(value, p_value):
    assert lead(value, value, value).p_value == p_value


def steps(*counts, capped=()):
    return {seed: Steps(count, seed in capped) for seed, count in enumerate(counts)}


@pytest.mark.parametrize(
    ("ahead", "behind", "is_open"),
    [
        (steps(100, 110, 120), steps(300, 300, 300), False),
        # The other method would have needed even more.
        (steps(100, 110, 120), steps(300, 300, 300, capped=[0, 1, 2]), False),
        (steps(100, 110, 120, capped=[1]), steps(300, 300, 300), True),
        (steps(300, 300, 300, capped=[0]), steps(300, 300, 300, capped=[1]), True),
        # The method said to be ahead would have needed even more.
        (steps(300, 300, 300, capped=[0, 1, 2]), steps(100, 110, 120), False),
        (steps(300, 300, 300), steps(100, 110, 120, capped=[2]), True),
        # Seeds that are not compared do not count.
        (steps(100, 110, 120, 130, capped=[3]), steps(300, 300, 300), False),
    ],
)
def test_a_lead_in_steps_is_open_where_a_capped_training_could_turn_it(ahead, behind, is_open):
    found = steps_lead(ahead, behind)
    assert found.open is is_open
    assert found.positive is (not is_open and ahead[0].count < behind[0].count)
    assert (found.p_value is None) is is_open
    assert found.mean == pytest.approx(fmean(behind[s].count - ahead[s].count for s in range(3)))


def test_without_a_common_seed_there_is_no_lead_in_steps():
    assert steps_lead({0: Steps(5)}, {1: Steps(5)}) is None


def test_an_open_comparison_leaves_the_claim_undecided():
    unclear = steps_lead(steps(9, 9, 9, capped=[0]), steps(10, 11, 12))
    result = judged(SURE, unclear)
    assert (result.verdict, result.positive, result.compared) == (ClaimVerdict.UNDECIDED, 1, 1)
    assert result.reason == (
        "1 of 2 comparisons are open, as trainings ended at their largest number of iterations"
    )


def test_a_claim_holds_if_every_comparison_passes_the_test():
    result = judged(SURE, SURE)
    assert SURE.p_value < LEVEL < UNSURE.p_value
    assert (result.verdict, result.positive, result.total) == (ClaimVerdict.HOLDS, 2, 2)
    assert not result.reason


def test_positive_comparisons_that_do_not_pass_the_test_hold_in_part():
    result = judged(SURE, UNSURE)
    assert result.verdict is ClaimVerdict.PART
    assert result.reason == (
        "2 of 2 comparisons are positive, and 1 of them pass the one-sided paired t test at 5 %"
    )


def test_some_positive_comparisons_hold_in_part():
    assert judged(SURE, BEHIND).verdict is ClaimVerdict.PART


def test_no_positive_comparison_fails():
    assert judged(BEHIND, lead(0.0, 0.0, 0.0)).verdict is ClaimVerdict.FAILS


@pytest.mark.parametrize(
    ("leads", "reason"),
    [
        ((SURE, None), "no results for 1 of 2 comparisons"),
        ((SURE, SHORT), "too few seeds in 1 of 2 comparisons (2 of at least 3)"),
        (
            (None, SHORT),
            "no results for 1 of 2 comparisons; too few seeds in 1 of 2 comparisons "
            "(2 of at least 3)",
        ),
    ],
)
def test_missing_results_and_few_seeds_leave_it_undecided(leads, reason):
    result = judged(*leads)
    assert (result.verdict, result.reason) == (ClaimVerdict.UNDECIDED, reason)


def test_other_protocols_only_count():
    result = judged(SURE, BEHIND, None, verdicts=False)
    assert result.verdict is None
    assert (result.positive, result.compared, result.total) == (1, 2, 3)
    assert result.reason == "the protocol tiny passes no verdicts"


def test_a_claim_needs_comparisons():
    with pytest.raises(NotApplicableError, match="without comparisons"):
        judged()


@settings(deadline=None)
@given(st.lists(st.sampled_from([SURE, UNSURE, BEHIND, SHORT, None]), min_size=1, max_size=6))
def test_every_claim_gets_exactly_the_verdict_of_its_comparisons(leads):
    result = judged(*leads)
    assert 0 <= result.positive <= result.compared <= result.total == len(leads)
    if None in leads or SHORT in leads:
        assert result.verdict is ClaimVerdict.UNDECIDED and result.reason
    elif set(leads) == {SURE}:
        assert result.verdict is ClaimVerdict.HOLDS
    elif set(leads) == {BEHIND}:
        assert result.verdict is ClaimVerdict.FAILS
    else:
        assert result.verdict is ClaimVerdict.PART and result.reason


@settings(deadline=None)
@given(st.lists(st.sampled_from([SURE, UNSURE, BEHIND, None]), min_size=1, max_size=6))
def test_the_order_of_comparisons_does_not_matter(leads):
    assert judged(*leads) == judged(*reversed(leads))


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([0.3, None, 0.1], (2, 2, ClaimVerdict.HOLDS)),
        ([0.3, None, 0.0, -1.0], (1, 3, ClaimVerdict.PART)),
        ([0.0, -1.0], (0, 2, ClaimVerdict.FAILS)),
    ],
)
def test_printed_differences_are_counted_where_there_are_any(differences, expected):
    result = judge_printed(differences)
    assert (result.positive, result.compared, result.verdict) == expected


def test_a_paper_that_prints_no_numbers_decides_nothing():
    assert judge_printed([None, None]) is None
