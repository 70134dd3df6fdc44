"""Tests of clustrace.bench.render."""

import pytest

from clustrace.bench.render import format_value, render
from clustrace.bench.results import BenchResults, Column, Spread


def test_a_section_as_markdown(make_section):
    text = render(BenchResults(sections={"nets": make_section()}), ["nets"])
    assert "## Nets (`nets`)\n" in text
    assert (
        "### Steps\n\n"
        "| net | step (ms) | threads | loss |\n"
        "| --- | ---: | ---: | ---: |\n"
        "| a\\|b | 2.00 (1.00–4.00) | 2 |  |\n" in text
    )
    assert "| A step takes 3 ms | **missed** | 4 ms. | nets |" in text
    assert "2030-01-01T00:00:00+00:00, 12 s. a machine" in text
    assert "commit 0123456789ab." in text
    assert "A note.\n" in text


def test_code_in_prose_stays_code(make_section):
    section = make_section()
    findings = section.findings.model_copy(update={"notes": ("`a_b -n` of x*y",)})
    section = section.model_copy(update={"findings": findings})
    assert "`a_b -n` of x\\*y\n" in render(BenchResults(sections={"a": section}), [])


def test_each_section_has_its_own_date_and_its_place(make_section):
    sections = {
        "removed": make_section(date="2028-08-08"),
        "late": make_section(date="2029-09-09"),
        "early": make_section(date="2030-10-10"),
    }
    text = render(BenchResults(sections=sections), ["early", "late", "not-measured"])
    places = [text.index(date) for date in ("2030-10-10", "2029-09-09", "2028-08-08")]
    assert places == sorted(places)
    assert "not-measured" not in text


def test_figures_that_mean_nothing_say_so(make_section):
    quiet = render(BenchResults(sections={"a": make_section()}), [])
    assert "quick" not in quiet
    assert "busy" not in quiet
    trial = render(BenchResults(sections={"a": make_section(quick=True)}), [])
    assert "Made with --quick" in trial
    disturbed = render(BenchResults(sections={"a": make_section(cores_of_others=1.4)}), [])
    assert "other processes used 1.4 of 2 cores" in disturbed


def test_edits_since_the_commit_are_told(make_section):
    section = make_section(edited=True)
    assert "0123456789ab and edits" in render(BenchResults(sections={"a": section}), [])
    bare = make_section(commit=None)
    assert "no commit" in render(BenchResults(sections={"a": bare}), [])


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (None, ""),
        ("x*y", "x\\*y"),
        (3, "3.0"),
        (0.26, "0.3"),
        (Spread.of([1.26]), "1.3"),
        (Spread.of([1.0, 2.0, 4.0]), "2.0 (1.0–4.0)"),
    ],
)
def test_values(value, printed):
    assert format_value(value, Column(key="a", title="a", decimals=1)) == printed


def test_a_processor_without_amx_is_told(make_section):
    text = render(BenchResults(sections={"a": make_section()}), [])
    assert "instruction sets: avx2, no AMX for bfloat16." in text
    text = render(BenchResults(sections={"a": make_section(cpu_flags=("amx_bf16",))}), [])
    assert "no AMX" not in text
