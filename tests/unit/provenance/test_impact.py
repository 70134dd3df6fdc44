"""What an edit would change among recorded results."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.results_tree import Tree

from clustrace.errors import ConfigError
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.impact import Impact, JobFacts, Target, impact_of, load_results
from clustrace.provenance.impact_targets import target_of

DEC, KMEANS = "paper.t.dec.c.acc", "paper.t.kmeans.c.acc"


def code(*modules: str) -> CodeIdentity:
    hashes = dict.fromkeys(modules, "a" * 64)
    return CodeIdentity(digest="b" * 64, roots=modules[:1], modules=hashes)


@pytest.fixture
def coded(finished: Tree) -> Tree:
    """The two methods again, each with code of its own, and data with a fingerprint."""
    for method in ("dec", "kmeans"):
        finished.job(
            "cluster",
            {"features": "data/features", "weights": []},
            {"predictions": f"results/paper/runs/{method}/predictions"},
            wildcards={"method": method},
            code=code(f"clustrace.cluster.{method}", "clustrace.files"),
        )
    finished.job(
        "fetch",
        {},
        {"raw": "results/paper/raw"},
        code=code("clustrace.files"),
        parameters={"fingerprint": "f"},
    )
    return finished


def impact(tree: Tree, target: str) -> Impact:
    results = load_results([tree.folder], tree.root)
    return impact_of(target_of(target, tree.root, results), results)


def names(found: Impact) -> list[str]:
    return [" ".join((job.rule, *job.wildcards.values())) for job in found.protocols[0].jobs]


def test_code_reaches_the_jobs_that_import_it_and_what_rests_on_them(coded: Tree) -> None:
    found = impact(coded, "clustrace.cluster.dec")
    assert names(found) == ["cluster dec", "evaluate dec", "ledger paper"]
    assert [job.direct for job in found.protocols[0].jobs] == [True, False, False]
    assert found.protocols[0].numbers == (DEC,)
    assert (found.protocols[0].of_jobs, found.protocols[0].of_numbers) == (7, 2)


def test_a_source_file_stands_for_its_module(coded: Tree) -> None:
    import clustrace.cluster.dec as module

    assert impact(coded, str(module.__file__)) == impact(coded, "clustrace.cluster.dec")


def test_code_that_fetches_verified_data_changes_nothing(coded: Tree) -> None:
    found = impact(coded, "clustrace.files")
    assert "fetch one" not in names(found)
    assert set(found.protocols[0].numbers) == {DEC, KMEANS}


def test_data_reach_the_jobs_that_read_them(finished: Tree) -> None:
    found = impact(finished, "data/features")
    assert names(found)[0] == "pretrain one"
    assert len(found.protocols[0].jobs) == 6
    assert names(impact(finished, "data")) == names(found)
    assert names(impact(finished, "data/labels"))[0] == "evaluate dec"


def test_a_result_reaches_what_rests_on_it_and_not_the_job_that_wrote_it(finished: Tree) -> None:
    found = impact(finished, "results/paper/models/sae")
    assert names(found) == ["cluster dec", "evaluate dec", "ledger paper"]


def test_hours_are_the_recorded_ones(coded: Tree) -> None:
    found = impact(coded, "clustrace.cluster.dec")
    seconds = sum(job.seconds for job in found.protocols[0].jobs)
    assert seconds > 0
    assert found.hours == pytest.approx(seconds / 3600) == found.protocols[0].hours


def test_an_edit_of_the_ledger_job_itself_may_change_every_number(finished: Tree) -> None:
    results = load_results([finished.folder], finished.root)
    target = Target("x", lambda facts: facts.job.rule == "ledger")
    assert impact_of(target, results).protocols[0].numbers == (DEC, KMEANS)


def test_jobs_that_two_protocols_share_count_once(tree: Tree) -> None:
    digests = set()
    for protocol in ("paper", "quick"):
        other = Tree(tree.root, tree.root / "results" / protocol)
        other.write("data/raw", "raw")
        if protocol == "paper":
            record = other.job("prepare", {"raw": "data/raw"}, {"features": "data/features"})
        else:
            copy = other.folder / "provenance/prepare/one.json"
            copy.parent.mkdir(parents=True)
            copy.write_bytes(record.read_bytes())
    results = load_results([tree.root / "results/paper", tree.root / "results/quick"], tree.root)

    def concerns(facts: JobFacts) -> bool:
        digests.add(facts.protocol)
        return True

    found = impact_of(Target("x", concerns), results)
    assert digests == {"paper", "quick"}
    assert found.hours == found.protocols[0].hours == found.protocols[1].hours > 0


def test_a_source_file_that_no_job_imports_changes_nothing(coded: Tree, tmp_path: Path) -> None:
    coded.write("tests/test_a.py", "")
    assert impact(coded, "tests/test_a.py").protocols[0].jobs == ()


@pytest.mark.parametrize("target", ["nothing", "data/featur", "clustrace.cluster.de", "", "../x"])
def test_what_nothing_knows_is_refused(coded: Tree, target: str) -> None:
    with pytest.raises(ConfigError, match="No record names"):
        impact(coded, target)


def test_the_nearest_name_is_offered(coded: Tree) -> None:
    with pytest.raises(ConfigError, match="'data/features'"):
        impact(coded, "data/featurs")
