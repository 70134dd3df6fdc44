"""Paired comparisons over seeds, and the verdict on a claim."""

import math
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp, ttest_rel

from clustrace.errors import NotApplicableError
from clustrace.evaluate.claims import (
    LEVEL,
    ClaimVerdict,
    judge_claim,
    judge_printed,
    needed_of,
)
from clustrace.evaluate.leads import Steps, bound_lead, near_lead, paired_lead, steps_lead

SCORES = st.dictionaries(st.integers(0, 9), st.floats(0, 1, allow_nan=False), max_size=8)


def lead(*differences):
    return paired_lead(dict(enumerate(differences)), dict.fromkeys(range(len(differences)), 0.0))


SURE = lead(0.10, 0.11, 0.12)
UNSURE = lead(0.3, -0.2, 0.01)
BEHIND = lead(-0.1, -0.2, -0.3)
SHORT = lead(0.1, 0.2)


def judged(*leads, verdicts=True, share=1.0):
    return judge_claim(leads, protocol="tiny", verdicts=verdicts, share=share)


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
    assert not one.passes(LEVEL) or one.positive


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
        "2 of 2 comparisons are positive, and 1 of them pass the one-sided t test at 5 %"
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


def test_a_share_of_the_comparisons_must_pass_at_a_level_that_makes_up_for_the_rest():
    # 9 of 10: the level is 5 % / 2.
    strong = [SURE] * 9
    assert SURE.p_value < LEVEL / 2
    assert judged(*strong, BEHIND, share=0.9).verdict is ClaimVerdict.HOLDS
    assert judged(*strong, BEHIND, share=0.91).verdict is ClaimVerdict.PART
    between = lead(0.1, 0.2, 0.3)
    assert LEVEL / 2 < between.p_value < LEVEL
    assert judged(*strong, between).verdict is ClaimVerdict.HOLDS
    result = judged(*strong[:8], between, BEHIND, share=0.9)
    assert result.verdict is ClaimVerdict.PART
    assert result.reason == (
        "9 of 10 comparisons are positive, and 8 of them pass the one-sided t test at 2.5 %, "
        "where 9 must"
    )


@settings(deadline=None)
@given(st.integers(1, 60), st.floats(0.01, 1))
def test_the_needed_number_is_the_smallest_that_is_a_share_of_all(count, share):
    needed = needed_of(count, share)
    assert 1 <= needed <= count
    assert needed / count >= share - 1e-9
    assert needed == 1 or (needed - 1) / count < share


def test_a_false_claim_of_a_share_is_rarely_accepted():
    """Two of three comparisons are to be above 0, and one is: the others have a mean of 0."""
    rng = np.random.default_rng(0)
    accepted = 0
    for _ in range(400):
        null = [lead(*rng.normal(size=4)) for _ in range(2)]
        result = judged(lead(9.0, 9.1, 9.2, 9.3), *null, share=0.6)
        accepted += result.verdict is ClaimVerdict.HOLDS
    # 5 % of 400, and three standard deviations more.
    assert 0 < accepted <= 20 + 3 * 4.4


DIFFERENCES = st.lists(st.floats(-0.2, 0.2), min_size=3, max_size=8)


@settings(deadline=None)
@given(DIFFERENCES, st.floats(0.01, 0.3))
def test_nearness_is_the_equivalence_test_of_two_one_sided_tests(differences, margin):
    found = near_lead(dict(enumerate(differences)), dict.fromkeys(range(8), 0.0), margin)
    assert found.mean == pytest.approx(margin - abs(fmean(differences)), abs=1e-9)
    if max(differences) - min(differences) < 1e-6:
        return
    sides = [
        ttest_1samp(differences, -margin, alternative="greater").pvalue,
        ttest_1samp(differences, margin, alternative="less").pvalue,
    ]
    assert found.p_value == pytest.approx(max(sides), abs=1e-6)


def test_nearness_does_not_depend_on_the_order():
    one, other = {0: 0.5, 1: 0.6, 2: 0.7}, {0: 0.55, 1: 0.58, 2: 0.71, 3: 0.9}
    first, second = near_lead(one, other, 0.05), near_lead(other, one, 0.05)
    assert (first.mean, first.p_value) == pytest.approx((second.mean, second.p_value))
    assert first.seeds == (0, 1, 2)


@pytest.mark.parametrize(("above", "mean"), [(True, 0.1), (False, -0.1)])
def test_values_lie_above_or_below_a_limit(above, mean):
    values = {0: 0.95, 1: 1.0, 2: 1.05}
    found = bound_lead(values, 0.9, above=above)
    assert found.mean == pytest.approx(mean)
    assert found.positive is above
    tested = ttest_1samp(list(values.values()), 0.9, alternative="greater" if above else "less")
    assert found.p_value == pytest.approx(tested.pvalue)
    assert bound_lead({}, 0.9, above=above) is None


def test_printed_numbers_need_the_share_too():
    assert judge_printed([0.1, 0.2, 0.0], share=0.6).verdict is ClaimVerdict.HOLDS
    assert judge_printed([0.1, 0.0, 0.0], share=0.6).verdict is ClaimVerdict.PART


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
