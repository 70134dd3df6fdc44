"""The stages neighbours and partition, as the workflow runs them."""

from types import SimpleNamespace

import numpy as np
import pytest
from tests.recorded_jobs import FEATURES, LAYOUT, _Named, write_features

from clustrace.cluster.gnmf import GNMF
from clustrace.cluster.neighbour_graph import nearest_neighbours
from clustrace.cluster.rcc import RCC
from clustrace.data.artefact import Outcome, Status, read_artefact, write_artefact
from clustrace.errors import StorageError
from clustrace.provenance.record import read_record
from clustrace.stages.neighbours import neighbours_of
from clustrace.stages.replayable import stage_of
from clustrace.stages.running import run_job

GRAPH = LAYOUT.neighbours("blobs", "all", "neighbours-cosine")
METHODS = {
    "gnmf": ("clustrace.cluster.gnmf:GNMF", {"n_restarts": 2, "max_iter": 20}),
    "rcc": ("clustrace.cluster.rcc:RCC", {}),
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_features()


def _run(rule, settings, inputs, outputs, record):
    roots = [stage_of(rule).__module__, settings["estimator"].partition(":")[0]]
    files = {name: str(path) for name, path in {**outputs, "record": record}.items()}
    snakemake = SimpleNamespace(
        rule=rule,
        wildcards=_Named(dataset="blobs", method="x", block="0-1"),
        input=_Named({name: str(path) for name, path in inputs.items()}),
        output=_Named(files),
        params=_Named(settings=settings, code_roots=roots),
        log=[f"logs/{rule}.log"],
        config={"protocol": "quick"},
        threads=1,
        resources={},
    )
    snakemake.output.record = files["record"]
    run_job(snakemake, stage_of(rule))


def _neighbours(**arguments):
    settings = {
        "estimator": "clustrace.cluster.neighbour_graph:NearestNeighbours",
        "arguments": {"n_neighbors": 12, "metric": "cosine", **arguments},
        "input_scale": 1.0,
    }
    record = LAYOUT.data_record("neighbours", "blobs", "all", "neighbours-cosine")
    _run("neighbours", settings, {"features": FEATURES}, {"neighbours": GRAPH}, record)
    return record


def _partition(method, n_clusters):
    estimator, arguments = METHODS[method]
    settings = {
        "pretrained": None,
        "estimator": estimator,
        "arguments": arguments,
        "input_scale": 1.0,
        "n_clusters": n_clusters,
        "seeds": [0, 1],
        "precision": "float32",
    }
    files = {
        "model": LAYOUT.model("quick", "blobs", method, "0-1"),
        "predictions": LAYOUT.predictions("quick", "blobs", method, "0-1"),
    }
    record = LAYOUT.record("quick", "partition", "blobs", method, "0-1")
    _run("partition", settings, {"features": FEATURES, "neighbours": GRAPH}, files, record)
    return read_record(record), *(read_artefact(path) for path in files.values())


def _features():
    return read_artefact(FEATURES).arrays["features"]


def test_neighbours_are_those_of_the_features_without_seeds_or_labels():
    record = read_record(_neighbours())
    expected = nearest_neighbours(_features(), 12, "cosine")
    found = read_artefact(GRAPH)
    np.testing.assert_array_equal(found.arrays["indices"], expected.indices)
    np.testing.assert_array_equal(found.arrays["distances"], expected.distances)
    assert (record.seeds, list(record.inputs), record.determinism) == (
        [],
        ["features"],
        "bit-equal",
    )


def test_a_run_on_given_neighbours_is_that_of_the_estimator_alone():
    _neighbours()
    record, model, predictions = _partition("gnmf", 3)
    alone = GNMF(3, **METHODS["gnmf"][1], random_state=1).fit(_features())
    np.testing.assert_array_equal(predictions.arrays["seed-1"], alone.labels_)
    np.testing.assert_array_equal(model.arrays["seed-1/centroids"], alone.cluster_centers_)
    assert record.upstream.keys() == {GRAPH.as_posix()}
    assert record.generators == {"random_state": [0, 1]}


def test_a_method_that_finds_the_number_of_clusters_is_given_none():
    _neighbours()
    _, model, predictions = _partition("rcc", None)
    alone = RCC().fit(_features())
    np.testing.assert_array_equal(predictions.arrays["seed-0"], alone.labels_)
    assert len(model.arrays["seed-0/centroids"]) == alone.n_clusters_


def test_too_few_neighbours_are_an_outcome_with_the_reason():
    _neighbours(n_neighbors=2)
    record, model, _ = _partition("gnmf", 3)
    assert record.outcome.status == "not-applicable"
    assert "graph of 2 neighbours was given and 5 are wanted" in model.outcome.reason


def test_features_that_are_missing_leave_their_reason():
    missing = Outcome(Status.UNREACHABLE, "no network", "fetch blobs")
    write_artefact(FEATURES, outcome=missing)
    _neighbours()
    assert read_artefact(GRAPH).outcome == missing
    assert _partition("gnmf", 3)[2].outcome == missing


def test_a_file_without_neighbours_is_a_sentence(tmp_path):
    write_artefact(GRAPH, {"indices": np.zeros((3, 1))})
    job = SimpleNamespace(read=lambda _: read_artefact(GRAPH), path=lambda _: GRAPH)
    with pytest.raises(StorageError, match=r"holds no neighbours .* delete it and run again"):
        neighbours_of(job)
