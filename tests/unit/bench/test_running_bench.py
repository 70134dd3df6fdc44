"""Tests of clustrace.bench.running and the registry."""

import types

import pytest

from clustrace.bench.registry import SECTIONS, Entry
from clustrace.bench.results import Findings, Goal, read_results
from clustrace.bench.running import BenchFiles, chosen, run_sections
from clustrace.bench.setting import Setting
from clustrace.errors import ConfigError, DataError, StorageError

GOAL = Goal(text="fast", verdict="missed", detail="slow.")


class Stub(Entry):
    """A section that needs no module."""

    def load(self):
        def measure(setting):
            if self.module == "fails":
                raise DataError("no data; fetch them.")
            return Findings(tables=(), goals=(GOAL,), notes=(self.module,))

        return measure


@pytest.fixture
def files(tmp_path):
    return BenchFiles(tmp_path / "bench.json", tmp_path / "bench.md")


def run(files, *slugs, quick=False, **modules):
    setting = Setting(experiment=types.SimpleNamespace(), quick=quick)
    sections = {slug: Stub(slug.title(), module) for slug, module in modules.items()}
    return run_sections(slugs, setting, files, lambda line: None, sections=sections)


def test_all_sections_can_be_loaded():
    for entry in SECTIONS.values():
        assert callable(entry.load())


def test_sections_run_in_their_order_and_all_without_a_name():
    assert chosen([]) == list(SECTIONS)
    assert chosen(["conv", "dense"]) == ["dense", "conv"]


def test_an_unknown_section_is_refused_with_the_nearest_one():
    with pytest.raises(ConfigError, match="did you mean 'memory'"):
        chosen(["memry"])


def test_a_section_run_alone_leaves_the_others(files):
    assert run(files, "a", "b", a="first", b="first") == []
    before = read_results(files.json).sections
    run(files, "b", a="first", b="second")
    after = read_results(files.json).sections
    assert after["a"] == before["a"]
    assert after["b"].findings.notes == ("second",)
    assert "second" in files.markdown.read_text()
    assert "## A (`a`)" in files.markdown.read_text()


def test_a_section_that_cannot_be_measured_stops_no_other_and_keeps_its_figures(files):
    run(files, "a", a="old")
    errors = run(files, "a", "b", a="fails", b="new")
    assert [str(error) for error in errors] == ["no data; fetch them."]
    sections = read_results(files.json).sections
    assert sections["a"].findings.notes == ("old",)
    assert sections["b"].findings.notes == ("new",)


def test_a_broken_file_is_told_before_anything_is_measured(files):
    files.json.write_text("{")
    with pytest.raises(StorageError):
        run(files, "a", a="fails")
    assert files.json.read_text() == "{"


def test_a_trial_passes_no_verdict(files):
    run(files, "a", a="x", quick=True)
    section = read_results(files.json).sections["a"]
    assert section.circumstances.quick
    assert [goal.verdict for goal in section.findings.goals] == ["not shown"]
    run(files, "a", a="x")
    assert read_results(files.json).sections["a"].findings.goals == (GOAL,)
