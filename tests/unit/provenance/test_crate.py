"""The results of a protocol as an RO-Crate: what the metadata says, and what lies in the crate."""

from __future__ import annotations

import json
import os
import re
import socket
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.results_tree import CODE, Tree, ledger_row

from clustrace.data.artefact import Outcome, Status
from clustrace.errors import StorageError
from clustrace.files import sha256_file
from clustrace.provenance.crate import Crate, describe
from clustrace.provenance.crate_writing import write_copy, write_inside
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.ledger import write_ledger
from clustrace.provenance.recorder import JobRecorder

CELL = "#cell/paper.t.dec.c.acc"
LEDGER = "results/paper/ledger/paper.csv"
Entities = dict[str, dict[str, Any]]


@pytest.fixture
def whole(finished: Tree) -> Tree:
    """A repository with results, a workflow and a citation."""
    finished.write("Snakefile", 'include: "rules/data.smk"\n')
    finished.write("rules/data.smk", "")
    finished.write(
        "CITATION.cff",
        "title: blobs\nlicense: MIT\nauthors:\n- name: The makers\n- given-names: A\n"
        "  family-names: B\n",
    )
    return finished


def crate_of(tree: Tree, limit: int | None = None) -> Crate:
    return describe(tree.folder, tree.root, HashCache(None), limit)


def entities_of(tree: Tree, limit: int | None = None) -> Entities:
    graph = json.loads(crate_of(tree, limit).metadata)["@graph"]
    found = {entity["@id"]: entity for entity in graph}
    assert len(found) == len(graph)
    return found


def ids(value: Any) -> list[str]:
    return [entry["@id"] for entry in (value if isinstance(value, list) else [value])]


def outside(entities: Entities, path: str) -> dict[str, Any]:
    """The one entity of a file that does not lie in the crate."""
    (found,) = (e for i, e in entities.items() if i.startswith(f"#file/{path}/"))
    return found


def test_a_number_leads_to_its_data_through_the_actions(whole: Tree) -> None:
    entities = entities_of(whole)
    cell = entities[CELL]
    assert (cell["@type"], cell["propertyID"], cell["value"]) == (
        "PropertyValue",
        "paper.t.dec.c.acc",
        0.5,
    )
    assert "printed 50.00" in cell["description"]
    assert ids(cell["wasGeneratedBy"]) == ["#job/ledger/paper"]
    assert CELL in ids(entities["#job/ledger/paper"]["result"])
    assert ids(cell["wasDerivedFrom"]) == ["runs/dec/metrics.json"]
    evaluate = entities["#job/evaluate/dec"]
    assert ids(evaluate["result"]) == ["runs/dec/metrics.json"]
    assert "runs/dec/predictions" in ids(evaluate["object"])
    cluster = entities["#job/cluster/dec"]
    assert ids(cluster["result"]) == ["runs/dec/predictions"]
    features = entities[ids(cluster["object"])[0]]
    assert features["name"] == "data/features"
    assert features["sha256"] == sha256_file(whole.root / "data/features")


def test_every_reference_leads_to_an_entity(whole: Tree) -> None:
    entities = entities_of(whole)
    for entity in entities.values():
        for name, value in entity.items():
            entries = value if isinstance(value, list) else [value]
            for entry in entries:
                # The standard itself is no entity of the crate, nor are the addresses of Snakemake.
                if isinstance(entry, dict) and not entry["@id"].startswith("https://"):
                    assert entry["@id"] in entities, (entity["@id"], name)


def test_each_action_names_rule_code_and_software(whole: Tree) -> None:
    entities = entities_of(whole)
    tool = entities[ids(entities["#job/cluster/dec"]["instrument"])[0]]
    assert (tool["name"], tool["identifier"]) == ("cluster", f"sha256:{CODE}")
    environment = entities[ids(tool["softwareRequirements"])[0]]
    names = {entities[i]["name"] for i in ids(environment["softwareRequirements"])}
    assert "pydantic" in names
    assert tool["@id"] in ids(entities["#step/cluster"]["workExample"])
    assert "#step/cluster" in ids(entities["source/Snakefile"]["step"])
    assert ids(entities["#control/cluster/dec"]["object"]) == ["#job/cluster/dec"]
    assert ids(entities["#job/cluster/dec"]["subjectOf"])[0] == "provenance/cluster/dec.json"


def test_the_run_as_a_whole_reads_what_no_job_wrote(whole: Tree) -> None:
    entities = entities_of(whole)
    run = entities["#run"]
    assert {entities[i]["name"] for i in ids(run["object"])} == {"data/features", "data/labels"}
    assert ids(run["result"]) == ["ledger/paper.csv"]
    assert run["endTime"] == entities["#job/ledger/paper"]["endTime"]
    assert entities["./"]["datePublished"] == run["endTime"]


def test_the_crate_says_who_made_it_and_under_which_licence(whole: Tree) -> None:
    entities = entities_of(whole)
    root = entities["./"]
    assert root["name"] == "blobs: results under the protocol paper"
    assert ids(root["license"]) == ["https://spdx.org/licenses/MIT"]
    authors = [(entities[i]["@type"], entities[i]["name"]) for i in ids(root["author"])]
    assert authors == [("Organization", "The makers"), ("Person", "A B")]


def test_a_repository_without_citation_states_no_licence(whole: Tree) -> None:
    (whole.root / "CITATION.cff").unlink()
    root = entities_of(whole)["./"]
    assert root["license"] == "No licence is stated."
    assert "author" not in root


def test_parameters_and_published_values_are_property_values(tree: Tree) -> None:
    tree.write("Snakefile", "")
    tree.write("data", "x")
    run = "results/paper/runs/dec"
    given = {"epochs": 3, "layers": [1, 2], "plain": None}
    tree.job("cluster", {"x": "data"}, {"m": f"{run}/m"}, seeds=[7], parameters=given)
    row = ledger_row("paper", "dec", run, published=52.5, published_printed="52.5", place="Table 1")
    work = lambda: write_ledger(tree.root / LEDGER, [row])  # noqa: E731
    tree.job("ledger", {"m": f"{run}/m"}, {"ledger": LEDGER}, work=work)
    entities = entities_of(tree)
    values = [entities[i] for i in ids(entities["#job/cluster/one"]["object"])[1:]]
    assert {v["name"]: v["value"] for v in values} == {
        "seeds": "[7]",
        "epochs": 3,
        "layers": "[1, 2]",
        "plain": "null",
    }
    published = entities[ids(entities[CELL]["valueReference"])[0]]
    assert published["value"] == 52.5
    assert "Table 1" in published["description"]


def test_arrays_and_missing_numbers_are_there_too(tree: Tree) -> None:
    tree.write("Snakefile", "")
    rows = [
        ledger_row(
            "paper", "a", "", kind="array", value=None, content_sha256="0" * 64, printed="", n=9
        ),
        ledger_row("paper", "b", "", value=None, printed="", reason="diverged"),
    ]
    work = lambda: write_ledger(tree.root / LEDGER, rows)  # noqa: E731
    tree.job("ledger", {}, {"ledger": LEDGER}, work=work)
    entities = entities_of(tree)
    assert entities["#cell/paper.t.a.c.acc"]["value"] == f"sha256:{'0' * 64}"
    missing = entities["#cell/paper.t.b.c.acc"]
    assert "value" not in missing
    assert "diverged" in missing["description"]


def test_a_job_without_a_result_is_a_failed_action_with_the_reason(whole: Tree) -> None:
    recorder = JobRecorder(
        whole.folder / "provenance/cluster/sec.json",
        rule="cluster",
        wildcards={"method": "sec"},
        parameters={},
        code=CODE,
        inputs={},
        outputs={"labels": whole.folder / "runs/sec"},
        root=whole.root,
        seeds=[],
        device="cpu",
        threads=2,
        precision="float32",
    )
    with recorder:
        whole.write("results/paper/runs/sec", "none")
        recorder.note(outcome=Outcome(Status.DIVERGED, "the loss is not finite", "cluster"))
    entities = entities_of(whole)
    action = entities["#job/cluster/sec"]
    assert action["actionStatus"] == "http://schema.org/FailedActionStatus"
    assert action["error"] == "the loss is not finite"
    assert entities["#job/cluster/dec"]["actionStatus"].endswith("/CompletedActionStatus")


def test_a_number_of_an_earlier_run_leads_to_that_run(whole: Tree) -> None:
    # The scores stay those of the first run, whose record is history now.
    whole.job(
        "cluster",
        {"features": "data/features"},
        {"predictions": "results/paper/runs/dec/predictions"},
        wildcards={"method": "dec"},
        content="again",
    )
    entities = entities_of(whole)
    (read,) = (i for i in ids(entities["#job/evaluate/dec"]["object"]) if "predictions" in i)
    assert read.startswith("#file/results/paper/runs/dec/predictions/")
    earlier = entities["#job/cluster/dec.history.jsonl%3A1"]
    assert ids(earlier["result"]) == [read]
    assert ids(entities["#job/cluster/dec"]["result"]) == ["runs/dec/predictions"]


def test_a_ledger_that_no_job_wrote_as_it_is_points_to_the_runs(whole: Tree) -> None:
    whole.ledger({"dec": ["results/paper/runs/dec"], "sec": []})
    entities = entities_of(whole)
    assert ids(entities[CELL]["wasGeneratedBy"]) == ["#job/evaluate/dec"]
    assert CELL in ids(entities["#job/evaluate/dec"]["result"])
    assert entities["ledger/paper.csv"]["sha256"] == sha256_file(whole.root / LEDGER)


@pytest.mark.parametrize("change", ["edited", "gone"])
def test_a_file_that_is_not_as_recorded_is_known_by_its_hash_alone(
    whole: Tree, change: str
) -> None:
    path = whole.root / "results/paper/models/sae"
    recorded = sha256_file(path)
    if change == "edited":
        path.write_text("other")
    else:
        path.unlink()
    made = crate_of(whole)
    entities = entities_of(whole)
    assert "models/sae" not in entities and "models/sae" not in made.files
    assert outside(entities, "results/paper/models/sae")["sha256"] == recorded
    assert made.changed == (("results/paper/models/sae",) if change == "edited" else ())


def test_large_files_are_left_out_of_copies(whole: Tree) -> None:
    made = crate_of(whole, limit=0)
    assert "results/paper/models/sae" in made.too_large
    places = {place.partition("/")[0] for place in made.files}
    assert places == {"ledger", "provenance", "source"}
    assert (
        "for its size" in outside(entities_of(whole, 0), "results/paper/models/sae")["description"]
    )


def test_the_same_results_give_the_same_bytes(whole: Tree, tmp_path: Path) -> None:
    first = crate_of(whole)
    write_copy(first, tmp_path / "first.zip")
    for path in whole.root.rglob("*"):
        os.utime(path, (1, 1))
    write_copy(crate_of(whole), tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_no_host_and_no_place_on_this_machine_is_named(whole: Tree) -> None:
    text = crate_of(whole).metadata
    assert str(whole.root) not in text
    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", text)
    record = json.loads((whole.folder / "provenance/cluster/dec.json").read_text())
    assert record["environment"]["host"] not in text


def test_the_folder_of_the_results_becomes_the_crate(whole: Tree) -> None:
    made = crate_of(whole)
    path = write_inside(made, whole.folder)
    assert path.read_text() == made.metadata
    assert (whole.folder / "source/rules/data.smk").is_file()
    assert all((whole.folder / place).is_file() for place in made.files)
    assert crate_of(whole).metadata == made.metadata


def test_copies_hold_all_files_of_the_crate(whole: Tree, tmp_path: Path) -> None:
    made = crate_of(whole)
    write_copy(made, tmp_path / "crate.zip")
    write_copy(made, tmp_path / "crate")
    with zipfile.ZipFile(tmp_path / "crate.zip") as archive:
        assert set(archive.namelist()) == {"ro-crate-metadata.json", *made.files}
        assert (
            archive.read("runs/dec/predictions") == made.files["runs/dec/predictions"].read_bytes()
        )
    copied = {
        path.relative_to(tmp_path / "crate").as_posix()
        for path in (tmp_path / "crate").rglob("*")
        if path.is_file()
    }
    assert copied == {"ro-crate-metadata.json", *made.files}


@pytest.mark.parametrize("name", ["crate.zip", "crate"])
def test_nothing_is_left_of_a_copy_that_fails(whole: Tree, tmp_path: Path, name: str) -> None:
    made = crate_of(whole)
    (whole.folder / "runs/dec/predictions").unlink()
    target = tmp_path / "copies" / name
    with pytest.raises(StorageError, match="could not be written"):
        write_copy(made, target)
    assert list(target.parent.iterdir()) == []


def test_a_folder_with_files_in_it_is_refused(whole: Tree, tmp_path: Path) -> None:
    (tmp_path / "crate").mkdir()
    write_copy(crate_of(whole), tmp_path / "crate")
    with pytest.raises(StorageError, match="is there already"):
        write_copy(crate_of(whole), tmp_path / "crate")


@pytest.mark.parametrize("path", ["results/paper/provenance/cluster/dec.json", LEDGER])
def test_a_corrupt_record_or_ledger_is_named(whole: Tree, path: str) -> None:
    whole.write(path, "{")
    with pytest.raises(StorageError, match=f"^{path} tells nothing: .* run its rule again"):
        crate_of(whole)


def test_a_ledger_with_a_row_that_cannot_be_right_is_named(whole: Tree) -> None:
    path = whole.root / LEDGER
    path.write_text(path.read_text().replace(",0.5,", ",much,"))
    with pytest.raises(StorageError, match=r"Row 1 of .*paper.csv is corrupt"):
        crate_of(whole)


def test_a_missing_object_is_named(whole: Tree) -> None:
    record = json.loads((whole.folder / "provenance/cluster/dec.json").read_text())
    path = whole.folder / f"provenance/objects/{record['environment']['object']}.json"
    path.unlink()
    with pytest.raises(StorageError, match=f"{path} is missing"):
        crate_of(whole)


def test_results_without_a_workflow_are_refused(whole: Tree) -> None:
    (whole.root / "Snakefile").unlink()
    with pytest.raises(StorageError, match="There is no Snakefile or workflow/Snakefile"):
        crate_of(whole)
