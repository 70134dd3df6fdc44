"""The lineage: who made what from what, read from records and ledgers alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.results_tree import Tree, ledger_row

from clustrace.errors import StorageError
from clustrace.files import sha256_bytes, sha256_file
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.ledger import write_ledger
from clustrace.provenance.lineage import Lineage, NodeStatus

DEC = "paper.t.dec.c.acc"
PREDICTIONS = "results/paper/runs/dec/predictions"


def load(tree: Tree) -> Lineage:
    return Lineage.load(tree.folder, tree.root)


def names(jobs: object) -> list[str]:
    assert isinstance(jobs, tuple)
    return [job.name for job in jobs]


def test_jobs_of_a_number_stand_after_those_that_they_rest_on(finished: Tree) -> None:
    found = names(load(finished).jobs_in_order(DEC))
    assert found == ["pretrain one", "cluster dec", "evaluate dec"]


def test_members_of_a_number_are_what_the_ledger_job_read_in_its_runs(finished: Tree) -> None:
    (member,) = load(finished).members(DEC)
    assert (member.name, member.file.path) == ("metrics", "results/paper/runs/dec/metrics.json")
    assert member.producer is not None and member.producer.name == "evaluate dec"
    assert member.exact


def test_members_without_a_ledger_job_are_all_files_of_the_runs(finished: Tree) -> None:
    (finished.folder / "provenance/ledger/paper.json").unlink()
    paths = [source.file.path for source in load(finished).members(DEC)]
    assert sorted(paths) == ["results/paper/runs/dec/metrics.json", PREDICTIONS]


def test_members_of_an_array_are_what_was_drawn(finished: Tree) -> None:
    run = "results/paper/runs/dec"
    finished.write(f"{run}/history.csv", "loss")
    rows = [
        ledger_row("paper", "dec", run),
        ledger_row("paper", "sae", run, kind="array", value=None, content_sha256="a" * 64),
    ]
    finished.job(
        "ledger",
        {"drawn": [f"{run}/history.csv"], "metrics": [f"{run}/metrics.json"]},
        {"ledger": "results/paper/ledger/paper.csv"},
        wildcards={"paper": "paper"},
        work=lambda: write_ledger(finished.folder / "ledger/paper.csv", rows),
    )
    lineage = load(finished)
    (drawn,), (metrics,) = lineage.members("paper.t.sae.c.acc"), lineage.members(DEC)
    assert (drawn.file.path, metrics.file.path) == (f"{run}/history.csv", f"{run}/metrics.json")


def test_a_run_is_no_other_run_whose_name_begins_with_its_own(finished: Tree) -> None:
    (finished.folder / "provenance/ledger/paper.json").unlink()
    finished.job(
        "cluster",
        {"features": "data/features"},
        {"predictions": "results/paper/runs/dec-conv/predictions"},
        wildcards={"method": "dec-conv"},
    )
    paths = {source.file.path for source in load(finished).members(DEC)}
    assert "results/paper/runs/dec-conv/predictions" not in paths


def test_producer_is_found_by_content_among_current_and_earlier_records(finished: Tree) -> None:
    before = sha256_file(finished.root / PREDICTIONS)
    for content in ("again", "and again"):
        finished.job(
            "cluster",
            {"features": "data/features", "weights": ["results/paper/models/sae"]},
            {"predictions": PREDICTIONS},
            wildcards={"method": "dec"},
            content=content,
        )
    lineage = load(finished)
    first = lineage.producer(PREDICTIONS, before)
    now = lineage.producer(PREDICTIONS, sha256_file(finished.root / PREDICTIONS))
    assert first is not None and now is not None
    assert (first.origin, first.line, now.origin, now.line) == ("earlier", 1, "current", None)
    assert lineage.producer(PREDICTIONS, "0" * 64) is None
    assert lineage.writer(PREDICTIONS) is now
    evaluate = next(job for job in lineage.jobs if job.name == "evaluate dec")
    assert lineage.sources(evaluate)[1].producer is first


def test_other_content_under_the_same_path_is_marked(finished: Tree) -> None:
    finished.write(PREDICTIONS, "edited by hand")
    finished.job(
        "evaluate",
        {"predictions": PREDICTIONS, "labels": "data/labels"},
        {"metrics": "results/paper/runs/dec/metrics.json"},
        wildcards={"method": "dec"},
    )
    lineage = load(finished)
    evaluate = next(job for job in lineage.current if job.name == "evaluate dec")
    labels, predictions = lineage.sources(evaluate)
    assert (labels.producer, labels.exact) == (None, False)
    assert predictions.producer is not None and predictions.producer.name == "cluster dec"
    assert not predictions.exact


def test_descendants_of_a_file_in_order(finished: Tree) -> None:
    lineage = load(finished)
    found = names(lineage.descendants("results/paper/models/sae"))
    assert found == ["cluster dec", "evaluate dec", "ledger paper"]
    assert names(lineage.descendants("data/labels"))[-1] == "ledger paper"
    assert lineage.descendants("data/features", "0" * 64) == ()
    assert lineage.descendants("results/paper/models/none") == ()


def test_cells_of_jobs_are_those_that_rest_on_their_files(finished: Tree) -> None:
    lineage = load(finished)
    assert lineage.cells_of(lineage.descendants("results/paper/models/sae")) == (DEC,)
    assert len(lineage.cells_of(lineage.descendants("data/features"))) == 2


def test_ancestors_of_a_file_are_those_of_its_content_on_disk(finished: Tree) -> None:
    lineage = load(finished)
    assert names(lineage.ancestors(PREDICTIONS)) == ["pretrain one", "cluster dec"]
    with pytest.raises(KeyError):
        lineage.ancestors("data/features")


def test_a_record_that_names_its_own_result_among_its_inputs_ends_the_walk(tree: Tree) -> None:
    record = tree.job("cluster", {}, {"labels": "labels"})
    content = json.loads(record.read_text())
    content["inputs"] = content["outputs"]
    record.write_text(json.dumps(content))
    assert names(load(tree).ancestors("labels")) == ["cluster one"]


def test_status_of_a_file_against_the_disk(finished: Tree) -> None:
    lineage = load(finished)
    file = FileHash(path="data/labels", sha256=sha256_bytes(b"labels"), bytes=6)
    assert lineage.status(file) is NodeStatus.OK
    finished.write("data/labels", "other")
    assert lineage.status(file) is NodeStatus.CHANGED
    (finished.root / "data/labels").unlink()
    assert lineage.status(file) is NodeStatus.MISSING


def as_object(tree: Tree, record: Path, upstream: dict[str, str]) -> str:
    """Move a record among the objects, as those of other folders are kept; return its hash."""
    content = json.loads(record.read_text()) | {"upstream": upstream}
    text = json.dumps(content).encode()
    digest = sha256_bytes(text)
    tree.write(f"results/paper/provenance/objects/{digest}.json", text.decode())
    record.unlink()
    return digest


def test_records_of_other_folders_are_found_among_the_objects(tree: Tree) -> None:
    fetch = as_object(tree, tree.job("fetch", {}, {"raw": "data/raw"}), {})
    prepare = tree.job("prepare", {"raw": "data/raw"}, {"features": "data/features"})
    digest = as_object(tree, prepare, {"data/raw": fetch})
    cluster = tree.job("cluster", {"features": "data/features"}, {"labels": "labels"})
    content = json.loads(cluster.read_text()) | {"upstream": {"data/features": digest}}
    cluster.write_text(json.dumps(content))
    lineage = load(tree)
    assert names(lineage.ancestors("labels")) == ["fetch one", "prepare one", "cluster one"]
    assert [job.origin for job in lineage.jobs] == ["current", "object", "object"]


def test_an_object_that_was_edited_or_is_gone_tells_nothing(tree: Tree) -> None:
    digest = as_object(tree, tree.job("prepare", {}, {"features": "data/features"}), {})
    cluster = tree.job("cluster", {"features": "data/features"}, {"labels": "labels"})
    content = json.loads(cluster.read_text()) | {"upstream": {"data/features": digest}}
    cluster.write_text(json.dumps(content))
    path = tree.folder / "provenance/objects" / f"{digest}.json"
    path.write_text(path.read_text() + " ")
    lineage = load(tree)
    assert "does not have the hash" in lineage.unreadable[path.relative_to(tree.root).as_posix()]
    assert len(lineage.jobs) == 1
    path.unlink()
    assert "cannot be read" in load(tree).unreadable[path.relative_to(tree.root).as_posix()]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rule": "cluster"}', '"\\ud800"'])
def test_a_corrupt_record_is_named_and_the_others_are_read(finished: Tree, text: str) -> None:
    finished.write("results/paper/provenance/cluster/dec.json", text)
    lineage = load(finished)
    assert list(lineage.unreadable) == ["results/paper/provenance/cluster/dec.json"]
    assert "pretrain one" in names(lineage.jobs)


def test_a_corrupt_line_of_a_history_is_named(finished: Tree) -> None:
    path = "results/paper/provenance/cluster/dec.history.jsonl"
    finished.write(path, "{}\n")
    assert load(finished).unreadable[path].startswith("line 1: ")


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "address\nx\n", "address,runs\n\xff"])
def test_a_corrupt_ledger_is_named(finished: Tree, text: str) -> None:
    path = "results/paper/ledger/other.csv"
    (finished.root / path).write_bytes(text.encode("latin-1"))
    lineage = load(finished)
    assert list(lineage.unreadable) == [path]
    assert DEC in lineage.cells


def test_a_folder_without_records_is_refused(tree: Tree) -> None:
    with pytest.raises(StorageError, match="has no record of any job"):
        load(tree)


def test_the_lineage_needs_no_method_and_no_metric() -> None:
    code = "import sys, clustrace.provenance.lineage\nprint(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(found.stdout.split())
    packages = ("cluster", "nets", "train", "stages", "evaluate", "report", "cli")
    assert not {f"clustrace.{package}" for package in packages} & modules
    assert not {"torch", "numpy", "sklearn"} & modules


def test_of_several_earlier_runs_with_the_same_result_the_newest_counts(tree: Tree) -> None:
    for content in ("same", "same", "other"):
        tree.job("cluster", {}, {"labels": "labels"}, content=content)
    found = load(tree).producer("labels", sha256_bytes(b"labels same"))
    assert found is not None and found.id.endswith("one.history.jsonl:2")
