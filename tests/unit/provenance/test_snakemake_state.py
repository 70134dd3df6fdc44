"""What Snakemake gets to know of jobs that ran elsewhere, read with its own code."""

import pytest
from snakemake import persistence
from snakemake.persistence.file import FilePersistence
from tests.results_tree import CODE, Tree

from clustrace.errors import StorageError
from clustrace.files import sha256_file
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.disk import DiskHashes
from clustrace.provenance.record import OTHERS
from clustrace.provenance.snakemake_state import note_jobs
from clustrace.provenance.standing import standing_jobs

MODEL, RECORD = "results/paper/model", "results/paper/provenance/train/one.json"
IDENTITY = CodeIdentity(digest=CODE, roots=("package.a", "package.b"), modules={"package.a": CODE})


@pytest.fixture
def tree(tmp_path):
    tree = Tree(tmp_path, tmp_path / "results/paper")
    for name in ("features", "shown"):
        tree.write(f"data/{name}", name)
    return tree


def train(tree, rule="train"):
    tree.job(
        rule,
        {"features": "data/features", OTHERS: "data/shown"},
        {"model": MODEL},
        parameters={"rate": 0.1, "layers": [500, 10]},
        code=IDENTITY,
    )


def notes(tree, vouched=None):
    jobs = standing_jobs([tree.folder / "provenance"], tree.root).jobs
    note_jobs(jobs, DiskHashes(tree.root), vouched)
    written = FilePersistence(path=tree.root / ".snakemake")
    return written._read_record


def test_notes_say_what_the_record_says(tree):
    train(tree)
    for path in (MODEL, RECORD):
        note = notes(tree)(path)
        assert note.rule == "train"
        assert note.input == ["data/features"], "others are no inputs of the rule"
        assert note.input_checksums == {
            "data/features": f"sha256:{sha256_file(tree.root / 'data/features')}"
        }
        assert note.params == sorted(
            [repr(CODE), "['package.a', 'package.b']", "{'layers': [500, 10], 'rate': 0.1}"]
        )
        assert note.record_format_version == persistence.RECORD_FORMAT_VERSION
        assert not note.incomplete


def test_raw_data_do_not_depend_on_the_code_that_fetched_them(tree):
    train(tree, rule="fetch")
    assert repr(CODE) not in notes(tree)(MODEL).params


def test_an_attested_job_passes_for_one_of_the_code_of_now(tree):
    train(tree)
    now = "1" * 64
    assert repr(now) in notes(tree, {RECORD: now})(MODEL).params
    assert repr(CODE) not in notes(tree, {RECORD: now})(MODEL).params
    assert repr(CODE) in notes(tree, {"results/paper/provenance/train/two.json": now})(MODEL).params


def test_what_made_an_altered_output_is_not_known(tree):
    train(tree)
    tree.write(MODEL, "edited")
    assert notes(tree)(MODEL).params == []
    assert notes(tree)(RECORD).params == []


def test_a_missing_output_is_known(tree):
    train(tree)
    (tree.root / MODEL).unlink()
    assert len(notes(tree)(MODEL).params) == 3


def test_a_restored_job_is_no_longer_marked_as_broken_off(tree):
    train(tree)
    state = FilePersistence(path=tree.root / ".snakemake")
    state._mark_incomplete(MODEL, None)
    notes(tree)
    fresh = FilePersistence(path=tree.root / ".snakemake")
    assert fresh._filter_incomplete_keys([MODEL]) == set()


def test_notes_in_another_format_are_refused(tree, monkeypatch):
    monkeypatch.setattr(persistence, "RECORD_FORMAT_VERSION", 7)
    train(tree)
    with pytest.raises(StorageError, match=r"notes jobs in format 7.*`make env`"):
        notes(tree)
    assert not (tree.root / ".snakemake").exists()
