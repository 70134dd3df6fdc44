"""Explanations of numbers of small trees, with and without configuration."""

from __future__ import annotations

import json

import pytest
from tests.results_tree import Tree, ledger_row

from clustrace.errors import StorageError
from clustrace.provenance.declared import Declared
from clustrace.provenance.explain import data_of, explain, member_rows
from clustrace.provenance.explanation import Explanation, JobNode
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.ledger import LedgerRow, write_ledger
from clustrace.provenance.lineage import NodeStatus
from clustrace.provenance.numbers import Ledgers

DEC = "paper.t.dec.c.acc"


def explained(tree: Tree, address: str = DEC) -> Explanation:
    number = Ledgers.below(tree.root).find(address)
    return explain(number, tree.root, HashCache(None))


def by_rule(explanation: Explanation, rule: str) -> list[JobNode]:
    return [job for job in explanation.jobs if job.rule == rule]


def test_runs_have_their_values_and_jobs(seeded: Tree) -> None:
    found = explained(seeded)
    assert [run.values for run in found.runs] == [{0: 0.25}, {1: 0.75}]
    rules = {job.id: job.rule for job in found.jobs}
    assert [[rules[job] for job in run.jobs] for run in found.runs] == [
        ["prepare", "cluster", "evaluate"]
    ] * 2
    assert len(found.jobs) == 5


def test_a_job_has_all_that_its_result_depends_on(seeded: Tree) -> None:
    first = by_rule(explained(seeded), "cluster")[0]
    assert first.parameters == {"epochs": 3, "seeds": [0]}
    assert (first.device, first.threads, first.precision) == ("cpu", 1, "float64")
    assert list(first.wildcards.items()) == [("method", "dec"), ("block", "0")]
    assert [(file.name, file.path) for file in first.outputs] == [
        ("model", "results/paper/models/0"),
        ("predictions", "results/paper/runs/dec/0/predictions"),
    ]
    (features,) = first.inputs
    assert features.made_by == "results/paper/provenance/prepare/one.json"
    assert features.as_made and features.status is NodeStatus.OK


def test_all_in_order(seeded: Tree) -> None:
    found = explained(seeded)
    assert (found.status, found.problems) == (NodeStatus.OK, ())
    assert found.ledger.made_by == "results/paper/provenance/ledger/one.json"


def test_environments_are_those_of_the_jobs(seeded: Tree) -> None:
    found = explained(seeded)
    assert set(found.environments) == {job.environment for job in found.jobs}
    assert all(environment.python for environment in found.environments.values())


def test_a_changed_file_is_named(seeded: Tree) -> None:
    seeded.write("results/paper/models/1", "tampered")
    found = explained(seeded)
    assert found.status is NodeStatus.CHANGED
    assert found.problems == ("Not as recorded: results/paper/models/1.",)


def test_a_missing_file_is_named(seeded: Tree) -> None:
    (seeded.root / "results/paper/models/1").unlink()
    found = explained(seeded)
    assert found.status is NodeStatus.MISSING
    assert found.problems == ("Missing: results/paper/models/1.",)


def test_a_file_that_was_read_with_another_content_than_made_is_named(seeded: Tree) -> None:
    path = "results/paper/runs/dec/0/predictions"
    seeded.write(path, "edited")
    seeded.job(
        "evaluate",
        {"predictions": path},
        {"metrics": "results/paper/runs/dec/0/metrics.json"},
        wildcards={"method": "dec", "block": "0"},
        work=lambda: None,
    )
    found = explained(seeded)
    record = "results/paper/provenance/{}/dec/0.json"
    sentence = f"{record.format('evaluate')} read another content of {path} than "
    assert f"{sentence}{record.format('cluster')} wrote." in found.problems


def test_a_ledger_that_was_edited_is_named(seeded: Tree) -> None:
    path = seeded.folder / "ledger/paper.csv"
    path.write_text(path.read_text().replace("50.00", "51.00"))
    found = explained(seeded)
    assert found.row.printed == "51.00"
    assert found.ledger.status is NodeStatus.CHANGED
    assert "ledger/paper.csv is not what" in found.problems[0]


def test_a_corrupt_record_behind_a_number_is_named(seeded: Tree) -> None:
    path = "results/paper/provenance/cluster/dec/0.json"
    seeded.write(path, "{")
    found = explained(seeded)
    assert len(by_rule(found, "cluster")) == 1
    assert found.problems[-1].startswith(f"{path} tells nothing: ")


def test_a_missing_object_is_a_sentence(seeded: Tree) -> None:
    for path in (seeded.folder / "provenance/objects").glob("*.json"):
        path.unlink()
    with pytest.raises(StorageError, match="is missing"):
        explained(seeded)


def test_json_form_is_read_back_as_it_was(seeded: Tree) -> None:
    found = explained(seeded)
    text = found.model_dump_json(by_alias=True)
    assert json.loads(text)["schema"] == 1
    assert Explanation.model_validate_json(text) == found


def test_an_earlier_run_is_shown_where_the_number_still_rests_on_it(seeded: Tree) -> None:
    seeded.job(
        "cluster",
        {"features": "results/paper/features"},
        {
            "model": "results/paper/models/0",
            "predictions": "results/paper/runs/dec/0/predictions",
        },
        wildcards={"method": "dec", "block": "0"},
        content="again",
    )
    found = explained(seeded)
    first = by_rule(found, "cluster")[0]
    assert first.id == "results/paper/provenance/cluster/dec/0.history.jsonl:1"
    assert {file.status for file in first.outputs} == {NodeStatus.CHANGED}


def test_members_of_a_comparison_and_of_a_ranking_are_cells() -> None:
    dec, kmeans = (ledger_row("paper", row, "runs", published=0.4) for row in ("dec", "kmeans"))
    empty = ledger_row("paper", "sae", "", value=None, reason="not run")
    comparison = ledger_row("paper", "dec-over-kmeans", "runs", kind="comparison")
    ranking = ledger_row("paper", "kendall-tau", "runs", kind="kendall-tau")
    rows: list[LedgerRow] = [kmeans, dec, empty, comparison, ranking]
    assert member_rows(comparison, rows) == (dec, kmeans)
    assert member_rows(ranking, rows) == (kmeans, dec)
    assert member_rows(dec, rows) == ()


def test_members_of_a_claim_are_its_comparisons() -> None:
    comparison = ledger_row("paper", "dec-over-kmeans", "runs", kind="comparison")
    claim = ledger_row(
        "paper",
        "x",
        "runs",
        kind="claim",
        address="paper.claims.x.all.all",
        table="claims",
        column="all",
        metric="all",
    )
    assert member_rows(claim, [claim, comparison], [comparison.address, "gone"]) == (comparison,)


def test_status_of_a_member_is_the_worst_behind_it(finished: Tree) -> None:
    rows = [
        ledger_row("paper", "dec", "results/paper/runs/dec", published=0.4),
        ledger_row("paper", "kmeans", "results/paper/runs/kmeans", published=0.4),
        ledger_row("paper", "dec-over-kmeans", "results/paper/runs/dec", kind="comparison"),
    ]
    write_ledger(finished.folder / "ledger/paper.csv", rows)
    (finished.root / "results/paper/models/sae").unlink()
    found = explained(finished, "paper.t.dec-over-kmeans.c.acc")
    assert [(member.address, member.status) for member in found.members] == [
        (DEC, NodeStatus.MISSING),
        ("paper.t.kmeans.c.acc", NodeStatus.OK),
    ]
    assert (found.jobs, found.status) == ((), NodeStatus.MISSING)


def test_a_number_that_was_not_run_has_its_reason_and_no_jobs(seeded: Tree) -> None:
    path = seeded.folder / "ledger/paper.csv"
    row = ledger_row("paper", "sae", "", value=None, n=0, reason="not run in this configuration")
    write_ledger(path, [row])
    found = explained(seeded, "paper.t.sae.c.acc")
    assert found.row.reason == "not run in this configuration"
    assert (found.jobs, found.commands) == ((), ())


def test_without_configuration_nothing_is_declared(seeded: Tree) -> None:
    found = explained(seeded)
    assert (found.title, found.deviations, found.data) == (DEC, (), ())


def test_data_beside_the_registered_fingerprint(seeded: Tree) -> None:
    jobs = by_rule(explained(seeded), "prepare")
    job = jobs[0].model_copy(update={"parameters": {"fingerprint": "f" * 64}})
    declared = Declared("", raw={"results/paper/features": "c"}, fingerprints={"c": "e" * 64})
    (found,) = data_of([job], declared)
    assert (found.raw, found.registered, found.recorded) == ("c", "e" * 64, "f" * 64)
