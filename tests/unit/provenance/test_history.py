"""The history of a record: one line for each earlier run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clustrace.errors import StorageError
from clustrace.provenance.history import history_path, keep_earlier, whole
from clustrace.provenance.objects import store_of


def lines(record: Path) -> list[dict[str, str]]:
    # Lines end at "\n" only: str.splitlines would also cut at separators inside a string.
    text = history_path(record).read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.removesuffix("\n").split("\n")]


def write(record: Path, **content: str) -> None:
    record.write_text(json.dumps(content, indent=2), encoding="utf-8")


def test_history_lies_beside_the_record() -> None:
    assert history_path("a/0-4.json") == Path("a/0-4.history.jsonl")
    assert history_path(Path("a/rate-0.5.json")) == Path("a/rate-0.5.history.jsonl")


def test_without_a_record_there_is_no_history(tmp_path: Path) -> None:
    record = tmp_path / "a.json"
    keep_earlier(record)
    assert not history_path(record).exists()


def test_records_are_appended_in_order(tmp_path: Path) -> None:
    record = tmp_path / "a.json"
    for run in ("first", "second\u2028line", "first"):
        write(record, run=run)
        keep_earlier(record)
    assert [line["run"] for line in lines(record)] == ["first", "second\u2028line", "first"]


def test_the_same_record_is_appended_once(tmp_path: Path) -> None:
    record = tmp_path / "a.json"
    write(record, run="first")
    keep_earlier(record)
    keep_earlier(record)
    assert len(lines(record)) == 1


def test_long_parameters_are_kept_once(tmp_path: Path) -> None:
    records = [tmp_path / f"{name}.json" for name in ("a", "b")]
    long, short = {"paper": "p" * 3_000}, {"epochs": 3}
    contents = [{"parameters": p, "seeds": [seed]} for seed, p in enumerate((long, short, long))]
    for record in records:
        for content in contents:
            record.write_text(json.dumps(content), encoding="utf-8")
            keep_earlier(record)
    store = store_of(records[0])
    assert len(list(store.folder.iterdir())) == 1
    for record in records:
        assert max(map(len, history_path(record).read_text(encoding="utf-8").splitlines())) < 200
        assert [whole(line, store.read_json) for line in lines(record)] == contents


def test_the_record_stays(tmp_path: Path) -> None:
    record = tmp_path / "a.json"
    write(record, run="first")
    before = record.read_bytes()
    keep_earlier(record)
    assert record.read_bytes() == before


def test_unreadable_history_is_an_error_and_stays(tmp_path: Path) -> None:
    record = tmp_path / "a.json"
    write(record, run="first")
    history_path(record).write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(StorageError, match="no earlier run may be lost"):
        keep_earlier(record)
    assert history_path(record).read_bytes() == b"\xff\xfe\xfd"


def test_unreadable_record_is_an_error(tmp_path: Path) -> None:
    record = tmp_path / "a.json"
    record.write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match="could not be read"):
        keep_earlier(record)
