"""All records below a folder, with the earlier runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clustrace.errors import StorageError
from clustrace.provenance.history import history_path
from clustrace.provenance.objects import store_of
from clustrace.provenance.recorder import JobRecorder
from clustrace.provenance.records import iter_records


def record(root: Path, path: str, seed: int, **parameters: str) -> Path:
    recorder = JobRecorder(
        path,
        rule="cluster",
        wildcards={},
        parameters=parameters,
        code="0" * 64,
        inputs={},
        outputs={},
        root=root,
        seeds=[seed],
        device="cpu",
        threads=1,
        precision="float64",
    )
    with recorder:
        pass
    return root / path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two records, the first of its third run."""
    for seed in (0, 1, 2):
        record(tmp_path, "provenance/cluster/usps.json", seed)
    record(tmp_path, "provenance/cluster/deep/mnist.json", 7)
    return tmp_path / "provenance"


def test_every_run_is_found_the_newest_first(folder: Path) -> None:
    found = list(iter_records(folder))
    assert [(f.record.seeds, f.line, f.latest) for f in found] == [
        ([7], None, True),
        ([2], None, True),
        ([1], 2, False),
        ([0], 1, False),
    ]
    assert {f.store.folder for f in found} == {folder / "objects"}
    assert found[2].file == history_path(folder / "cluster/usps.json")
    assert all(f.record.environment_in(f.store).threads == 1 for f in found)


def test_earlier_runs_have_their_long_parameters(tmp_path: Path) -> None:
    long = "p" * 3_000
    for seed in (0, 1):
        record(tmp_path, "provenance/table/p/table1.json", seed, paper=long)
    now, before = iter_records(tmp_path)
    assert (now.record.seeds, before.record.seeds) == ([1], [0])
    assert now.record.parameters == before.record.parameters == {"paper": long}
    assert long not in before.file.read_text(encoding="utf-8")


def test_folder_around_the_records_will_do(folder: Path) -> None:
    assert len(list(iter_records(folder.parent))) == 4
    assert len(list(iter_records(folder / "cluster/deep"))) == 1
    assert list(iter_records(folder / "absent")) == []


def test_earlier_runs_of_another_schema_are_left_out(folder: Path) -> None:
    history = history_path(folder / "cluster/usps.json")
    first, second = history.read_text(encoding="utf-8").splitlines()
    old = json.dumps({**json.loads(first), "schema": 1})
    history.write_text(f"{old}\n{second}\n", encoding="utf-8")
    assert [f.record.seeds for f in iter_records(folder)] == [[7], [2], [1]]


@pytest.mark.parametrize("content", ["{", '{"schema": 2}\n'])
def test_a_damaged_history_is_named(folder: Path, content: str) -> None:
    history_path(folder / "cluster/usps.json").write_text(content, encoding="utf-8")
    with pytest.raises(StorageError, match=r"usps\.history\.jsonl"):
        list(iter_records(folder))


def test_a_damaged_record_is_named(folder: Path) -> None:
    (folder / "cluster/usps.json").write_text("[]", encoding="utf-8")
    with pytest.raises(StorageError, match=r"usps\.json is not a job record"):
        list(iter_records(folder))


def test_a_store_lies_beside_records_that_are_in_no_folder_provenance() -> None:
    assert store_of("a/b.json").folder == Path("a/objects")
    assert store_of("a/provenance/b/c.json").folder == Path("a/provenance/objects")
