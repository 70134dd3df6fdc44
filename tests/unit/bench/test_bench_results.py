"""Tests of clustrace.bench.results."""

import json

import pytest
from pydantic import ValidationError

from clustrace.bench.results import (
    BenchResults,
    Column,
    Spread,
    Table,
    read_results,
    write_results,
)
from clustrace.errors import StorageError


def test_spread_of_measurements():
    assert Spread.of([3.0, 1.0, 8.0]) == Spread(median=3, minimum=1, maximum=8, repeats=3)


def test_a_row_must_have_a_value_for_each_column():
    columns = (Column(key="a", title="a"), Column(key="b", title="b"))
    Table(title="t", columns=columns, rows=({"a": 1, "b": None},))
    for row in ({"a": 1}, {"a": 1, "b": 2, "c": 3}):
        with pytest.raises(ValidationError, match="instead of"):
            Table(title="t", columns=columns, rows=(row,))


def test_what_is_written_is_read_back(tmp_path, make_section):
    path = tmp_path / "results" / "bench.json"
    results = BenchResults(sections={"nets": make_section()})
    write_results(path, results)
    assert read_results(path) == results
    value = read_results(path).sections["nets"].findings.tables[0].rows[0]["threads"]
    assert isinstance(value, int)


def test_a_section_measured_alone_keeps_the_others_with_their_dates(tmp_path, make_section):
    path = tmp_path / "bench.json"
    old = {"one": make_section(date="2030-01-01"), "two": make_section(date="2030-01-02")}
    write_results(path, BenchResults(sections=old))
    new = make_section(date="2031-05-05", milliseconds=[9.0])
    write_results(path, read_results(path).with_section("two", new))
    after = read_results(path).sections
    assert after == {"one": old["one"], "two": new}
    assert after["one"].circumstances.date == "2030-01-01"


def test_without_a_file_there_are_no_sections(tmp_path):
    assert read_results(tmp_path / "bench.json").sections == {}


@pytest.mark.parametrize("text", ["{", '{"schema_version": 2}', '{"sections": {"a": {}}}'])
def test_a_file_that_cannot_be_used_is_refused(tmp_path, text):
    path = tmp_path / "bench.json"
    path.write_text(text)
    with pytest.raises(StorageError, match=r"bench\.json"):
        read_results(path)
    assert path.read_text() == text


def test_unknown_keys_are_refused(tmp_path, make_section):
    path = tmp_path / "bench.json"
    write_results(path, BenchResults(sections={"nets": make_section()}))
    content = json.loads(path.read_text())
    content["sections"]["nets"]["circumstances"]["mood"] = "good"
    path.write_text(json.dumps(content))
    with pytest.raises(StorageError):
        read_results(path)
