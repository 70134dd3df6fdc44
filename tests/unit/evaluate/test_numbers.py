"""Units and rounding of printed scores."""

import pytest

from clustrace.evaluate.numbers import (
    as_fraction,
    half_last_digit,
    printed,
    printed_cell,
    printed_difference,
    rounding,
)


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (0.5424, "percent", 2, "54.24"),
        (0.54245, "percent", 2, "54.24"),
        (0.54235, "percent", 2, "54.24"),
        (0.28555, "percent", 2, "28.56"),
        (1.0, "percent", 0, "100"),
        (0.12345, "fraction", 4, "0.1234"),
        (-0.2, "fraction", 2, "-0.20"),
        (-0.00001, "fraction", 2, "0.00"),
        (1.2e-7, "fraction", 8, "0.00000012"),
    ],
)
def test_values_are_rounded_half_to_even_on_decimal_digits(value, unit, decimals, text):
    assert printed(value, unit, decimals) == text


def test_cells_show_a_standard_deviation_only_if_there_is_one():
    assert printed_cell(0.5424, 0.0031, "percent", 2) == "54.24 ± 0.31"
    assert printed_cell(0.5424, None, "percent", 2) == "54.24"


def test_differences_carry_a_sign_unless_they_round_to_zero():
    assert printed_difference(0.0123, "percent", 2) == "+1.23"
    assert printed_difference(-0.0123, "percent", 2) == "-1.23"
    assert printed_difference(-0.00001, "percent", 2) == "0.00"


def test_units_convert_to_fractions():
    assert as_fraction(88.97, "percent") == pytest.approx(0.8897)
    assert as_fraction(0.8897, "fraction") == 0.8897
    assert half_last_digit("percent", 2) == pytest.approx(0.00005)
    assert half_last_digit("fraction", 2) == pytest.approx(0.005)


def test_rounding_is_told_in_words():
    assert rounding("percent", 2) == "percent, 2 decimals, half to even"
    assert rounding("fraction", 1) == "fraction, 1 decimal, half to even"
