"""Recorded jobs done once more, in another folder."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.recorded_jobs import FEATURES, LAYOUT, record_of, run, write_features

from clustrace.data.artefact import read_artefact, write_artefact
from clustrace.errors import ConfigError, NotApplicableError, StorageError
from clustrace.provenance.objects import store_of
from clustrace.provenance.record import read_record
from clustrace.stages.replay import Replay, replay

METHODS = (
    *("sae", "sae-kmeans", "dec", "vade"),
    *("stacked", "stacked-kmeans", "dcn"),
    *("kmeans", "sec", "nmf-kmeans"),
    *("logistic", "sae-logistic"),
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which all methods ran."""
    folder = tmp_path_factory.mktemp("finished")
    here = Path.cwd()
    os.chdir(folder)
    try:
        write_features(parts=True)
        for method in METHODS:
            run(method)
    finally:
        os.chdir(here)
    return folder


@pytest.fixture
def repository(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to be changed, and the current folder."""
    folder = tmp_path / "repository"
    shutil.copytree(finished, folder)
    monkeypatch.chdir(folder)
    return folder


def order(method: str, **changes: object) -> Replay:
    folder = Path.cwd().parent / "scratch"
    return Replay(**{"file": record_of(method), "root": Path.cwd(), "folder": folder, **changes})


def predictions(method: str, root: Path = Path()) -> Path:
    return root / LAYOUT.predictions("quick", "blobs", method, "0-1")


def silent(line: str) -> None:
    """Nobody listens."""


@pytest.mark.parametrize("method", METHODS)
def test_all_work_once_more_gives_the_same_bytes(repository: Path, method: str) -> None:
    asked = order(method)
    done = replay(asked, "start", silent)
    record = read_record(record_of(method))
    files = [file for files in record.outputs.values() for file in files]
    assert done.equal == {file.path: True for file in files}
    for file in files:
        made = asked.folder / file.path
        assert made.read_bytes() == (repository / file.path).read_bytes()
    own = read_record(done.record)
    assert (own.inputs, own.outputs, own.parameters) == (
        record.inputs,
        record.outputs,
        record.parameters,
    )
    assert done.record == asked.folder / record.path
    assert (done.changed_modules, done.other_inputs, done.other_environment) == (None, (), {})


@pytest.mark.parametrize("method", ["kmeans", "sae-kmeans", "dec", "logistic", "sae-logistic"])
def test_stored_weights_give_the_label_vectors(repository: Path, method: str) -> None:
    stored = read_artefact(predictions(method)).arrays
    predictions(method).unlink()
    done = replay(order(method), "weights", silent)
    assert done.equal == {predictions(method).as_posix(): True}
    made = read_artefact(order(method).folder / predictions(method)).arrays
    assert all(np.array_equal(made[name], stored[name]) for name in stored) and len(made) == 2
    own = read_record(done.record)
    assert own.rule.endswith("-from-weights")
    code = own.code_in(store_of(done.record))
    assert own.parameters["estimator"].partition(":")[0] in code.roots
    assert "clustrace.stages.weights" in code.roots and len(code.roots) == 2


@pytest.mark.parametrize("method", ["kmeans", "dec"])
def test_other_centroids_give_other_label_vectors(repository: Path, method: str) -> None:
    """A model that is forged together with its hash in the record is found out."""
    path = LAYOUT.model("quick", "blobs", method, "0-1")
    stored = read_artefact(path)
    arrays = dict(stored.arrays)
    arrays["seed-0/centroids"] = arrays["seed-0/centroids"][::-1].copy()
    write_artefact(path, arrays, about=stored.about)
    content = json.loads(record_of(method).read_text())
    content["outputs"]["model"][0]["sha256"] = (
        __import__("hashlib").sha256(path.read_bytes()).hexdigest()
    )
    record_of(method).write_text(json.dumps(content))
    done = replay(order(method), "weights", silent)
    assert done.equal == {predictions(method).as_posix(): False}


def test_altered_weights_are_refused_by_name(repository: Path) -> None:
    path = LAYOUT.model("quick", "blobs", "kmeans", "0-1")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"'model' is not the one.*kmeans/0-1/model.*restore"):
        replay(order("kmeans"), "weights", silent)


def test_missing_input_names_itself_and_the_way_to_it(repository: Path) -> None:
    FEATURES.unlink()
    with pytest.raises(StorageError, match=r"'features' is missing.*features\.saf.*make restore"):
        replay(order("kmeans"), "start", silent)


def test_changed_input_is_refused(repository: Path) -> None:
    write_artefact(FEATURES, {"features": np.ones((9, 6), np.float32)})
    with pytest.raises(StorageError, match=r"has changed since"):
        replay(order("kmeans"), "start", silent)
    assert not order("kmeans").folder.exists()


def test_what_an_earlier_replay_made_is_used(repository: Path) -> None:
    folder = order("sae").folder
    replay(order("sae"), "start", silent)
    shutil.rmtree(LAYOUT.model("quick", "blobs", "sae", "0-1").parent)
    done = replay(order("sae-kmeans"), "start", silent)
    assert all(done.equal.values()) and done.other_inputs == ()
    weights = read_record(done.record).inputs["weights"][0]
    assert weights.path == LAYOUT.model("quick", "blobs", "sae", "0-1").as_posix()
    assert (folder / weights.path).is_file() and not Path(weights.path).exists()


def test_what_an_earlier_replay_made_otherwise_is_said(repository: Path) -> None:
    made = order("kmeans").folder / FEATURES
    write_artefact(made, {"features": np.arange(180, dtype=np.float32).reshape(30, 6)})
    done = replay(order("kmeans"), "start", silent)
    assert done.other_inputs == (FEATURES.as_posix(),)
    assert not any(done.equal.values())


def forget_a_module(method: str) -> str:
    """As if one module of the recorded code had been another; returns its name."""
    content = json.loads(record_of(method).read_text())
    store = store_of(record_of(method))
    code = store.read_json(content["code"]["object"])
    name = sorted(code["modules"])[-1]
    code["modules"][name] = code["digest"] = "0" * 64
    content["code"] = {"digest": "0" * 64, "object": store.keep_json(code)}
    record_of(method).write_text(json.dumps(content))
    return name


def test_other_code_is_refused_unless_allowed(repository: Path) -> None:
    name = forget_a_module("kmeans")
    with pytest.raises(ConfigError, match=rf"{name} changed.*--allow-other-code"):
        replay(order("kmeans"), "start", silent)
    done = replay(order("kmeans", allow_other_code=True), "start", silent)
    assert done.changed_modules == (name,) and all(done.equal.values())
    assert read_record(done.record).code.digest != "0" * 64


def test_other_machine_and_libraries_are_said(repository: Path) -> None:
    content = json.loads(record_of("kmeans").read_text())
    content["environment"] |= {"processor": "Abacus", "torch": "0.1"}
    record_of("kmeans").write_text(json.dumps(content))
    found = replay(order("kmeans"), "start", silent).other_environment
    assert set(found) == {"processor", "torch"} and found["torch"][0] == "0.1"


def test_torch_that_a_job_did_not_load_is_no_difference(repository: Path) -> None:
    content = json.loads(record_of("kmeans").read_text())
    content["environment"]["torch"] = None
    record_of("kmeans").write_text(json.dumps(content))
    assert replay(order("kmeans"), "start", silent).other_environment == {}


@pytest.mark.parametrize("folder", ["results/quick/again", "data", ".", "results/../data/x"])
def test_results_are_never_overwritten(repository: Path, folder: str) -> None:
    before = predictions("kmeans").read_bytes()
    with pytest.raises(ConfigError, match="must not touch"):
        replay(order("kmeans", folder=Path(folder)), "start", silent)
    assert predictions("kmeans").read_bytes() == before


@pytest.mark.parametrize(("method", "name"), [("sec", "SEC"), ("nmf-kmeans", "NMFKMeans")])
def test_a_method_without_a_model_is_not_applicable(
    repository: Path, method: str, name: str
) -> None:
    with pytest.raises(NotApplicableError, match=rf"{name} stores no model.*--from start"):
        replay(order(method), "weights", silent)


def test_embeddings_are_stored_where_a_method_says_so(repository: Path) -> None:
    arrays = read_artefact(LAYOUT.model("quick", "blobs", "nmf-kmeans", "0-1")).arrays
    shapes = {name: (array.shape, array.dtype) for name, array in arrays.items()}
    assert shapes["seed-1/embedding"] == ((60, 2), np.float32)
    others = read_artefact(LAYOUT.model("quick", "blobs", "sec", "0-1")).arrays
    assert others.keys() == {"seed-0/centroids", "seed-1/centroids"}


def test_a_job_without_label_vectors_cannot_be_replayed_from_weights(repository: Path) -> None:
    with pytest.raises(ConfigError, match="'pretrain' leaves no label vectors"):
        replay(order("sae"), "weights", silent)


def test_a_rule_that_is_not_replayed_is_named(repository: Path) -> None:
    content = json.loads(record_of("sae").read_text())
    record_of("sae").write_text(json.dumps({**content, "rule": "fetch"}))
    with pytest.raises(ConfigError, match="rule 'fetch' is not replayed"):
        replay(order("sae"), "start", silent)


def test_another_compression_of_the_same_labels_is_equal(repository: Path) -> None:
    """As another version of zlib would give it."""
    path = predictions("kmeans")
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1))
    content = json.loads(record_of("kmeans").read_text())
    file = content["outputs"]["predictions"][0]
    file["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    record_of("kmeans").write_text(json.dumps(content))
    assert all(replay(order("kmeans"), "start", silent).equal.values())


def test_nothing_but_outputs_and_records_is_left(repository: Path) -> None:
    folder = order("kmeans").folder
    replay(order("kmeans"), "start", silent)
    kinds = {path.relative_to(folder).parts[2] for path in folder.rglob("*") if path.is_file()}
    assert kinds == {"models", "runs", "provenance"}
