"""Tests of clustrace.bench.losses."""

import math

import pytest

from clustrace.bench.losses import EQUAL, agreement


def test_losses_that_differ_by_rounding_are_equal():
    assert agreement(0.500_01, 0.5, 1.0, "float32") == EQUAL
    assert agreement(0.52, 0.5, 1.0, "bfloat16") == EQUAL


@pytest.mark.parametrize(
    ("ours", "theirs", "initial"),
    [
        (0.52, 0.5, 1.0),
        (0.48, 0.5, 1.0),
        (1.0, 0.5, 1.0),
        (math.nan, 0.5, 1.0),
        (0.5, math.nan, 1.0),
        (math.inf, math.inf, 1.0),
        # Close to each other, and still one was trained and the other was not.
        (2.300, 2.299, 2.300),
        # Nothing was trained at all, and still they differ.
        (0.9, 1.0, 1.0),
    ],
)
def test_losses_that_differ_are_not_equal(ours, theirs, initial):
    assert agreement(ours, theirs, initial, "float32").startswith("NOT equal")


def test_the_difference_is_told():
    assert "4.0% of the change apart, allowed 1%" in agreement(0.52, 0.5, 1.0, "float32")
