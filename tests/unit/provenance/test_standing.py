"""Records that stand: the last of each job, and those kept for the sake of others."""

import shutil

import pytest
from tests.results_tree import Tree

from clustrace.provenance.disk import DiskHashes
from clustrace.provenance.restoring import place_records
from clustrace.provenance.standing import standing_jobs


@pytest.fixture
def trees(tmp_path):
    """Data jobs, and two protocols that rest on them."""
    data = Tree(tmp_path, tmp_path / "data")
    data.write("data/source", "bytes")
    data.job("fetch", {"source": "data/source"}, {"raw": "data/raw"})
    fetched = {"data/raw": tmp_path / "data/provenance/fetch/one.json"}
    data.job("prepare", {"raw": "data/raw"}, {"features": "data/features"}, upstream=fetched)
    return {
        protocol: Tree(tmp_path, tmp_path / f"results/{protocol}")
        for protocol in ("paper", "paper-cpu")
    }


def cluster(tree, content=""):
    prepared = {"data/features": tree.root / "data/provenance/prepare/one.json"}
    out = (tree.folder / "predictions").relative_to(tree.root).as_posix()
    given = {"features": "data/features"}
    return tree.job("cluster", given, {"p": out}, upstream=prepared, content=content)


def found(trees, *protocols):
    folders = [trees[protocol].folder / "provenance" for protocol in protocols]
    return standing_jobs(folders, trees["paper"].root)


def test_jobs_rest_on_those_whose_records_are_kept_as_objects(trees):
    cluster(trees["paper"])
    shutil.rmtree(trees["paper"].root / "data/provenance")
    standing = found(trees, "paper")
    assert {job.path: job.object is not None for job in standing.jobs} == {
        "results/paper/provenance/cluster/one.json": False,
        "data/provenance/prepare/one.json": True,
        "data/provenance/fetch/one.json": True,
    }
    assert set(standing.written) == {"results/paper/predictions", "data/features", "data/raw"}
    assert standing.unreadable == ()


def test_of_several_copies_of_a_record_the_last_counts(trees):
    cluster(trees["paper"])
    data = Tree(trees["paper"].root, trees["paper"].root / "data")
    data.job("prepare", {"raw": "data/raw"}, {"features": "data/features"}, content="anew")
    cluster(trees["paper-cpu"])
    for order in (("paper", "paper-cpu"), ("paper-cpu", "paper")):
        shutil.rmtree(trees["paper"].root / "data/provenance", ignore_errors=True)
        file = found(trees, *order).written["data/features"]
        assert file.bytes == len("data/features anew")


def test_records_of_data_are_brought_back_from_their_copies_with_all_they_refer_to(trees):
    cluster(trees["paper"])
    data = trees["paper"].root / "data/provenance"
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    shutil.rmtree(data)
    disk = DiskHashes(trees["paper"].root)
    place_records(found(trees, "paper").jobs, disk)
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before
    prepare = data / "prepare/one.json"
    prepare.write_text("{}")
    place_records(found(trees, "paper").jobs, disk)
    assert prepare.read_text() == "{}", "what is there is not overwritten"


def test_earlier_runs_do_not_stand(trees):
    for content in ("first", "second"):
        cluster(trees["paper"], content)
    written = found(trees, "paper").written["results/paper/predictions"]
    assert written.bytes == len("results/paper/predictions second")


def test_unreadable_records_are_told_and_the_others_stand(trees):
    record = cluster(trees["paper"])
    record.with_name("broken.json").write_text("{")
    store = trees["paper"].folder / "provenance/objects"
    prepare = next(p for p in store.iterdir() if '"rule": "prepare"' in p.read_text())
    prepare.write_text("{}")
    standing = found(trees, "paper")
    assert [job.record.rule for job in standing.jobs] == ["cluster"]
    assert len(standing.unreadable) == 2
    assert any("broken.json" in sentence for sentence in standing.unreadable)
    assert any("altered" in sentence for sentence in standing.unreadable)
