"""Audits of methods that work on nearest neighbours, which are an artefact of their own."""

import json

import pytest
from tests.small_results import add_partition

from clustrace.data.artefact import read_artefact
from clustrace.provenance.record import read_record

RECORD = "data/provenance/neighbours/digits/all/neighbours-cosine.json"
FILE = "data/neighbours/digits/all/neighbours-cosine.safetensors"
#: Checks of tables and ledgers have nothing to say: no row of the small paper has the method.
ABOUT_JOBS = ("LEAK", "RUN", "ENV", "DATA")


@pytest.fixture
def partitioned(results, honest):
    add_partition(results.root, honest, "gnmf")
    return results


def _failed(results):
    return {check for check in results.failed() if check.startswith(ABOUT_JOBS)}


def test_neighbours_are_accepted_and_followed_to_the_raw_data(partitioned):
    assert not _failed(partitioned)
    record = read_record(partitioned.record("partition", "digits/gnmf/0"))
    assert list(record.inputs) == ["features", "neighbours"] and FILE in record.upstream
    assert read_record(partitioned.path(RECORD)).seeds == []
    assert read_artefact(partitioned.path(FILE)).arrays["indices"].shape == (1797, 6)


def _labels_given_to(path, results):
    made = json.loads(results.record("truth", "digits").read_text())
    # The record of the data is kept once more beside the results: both are altered.
    results.change(path, lambda record: record["inputs"].update(hint=made["outputs"]["truth"]))


def test_labels_must_not_enter_the_neighbours(partitioned):
    for path in partitioned.path("provenance/objects").glob("*.json"):
        if json.loads(path.read_text()).get("rule") == "neighbours":
            path.unlink()
    _labels_given_to(partitioned.path(RECORD), partitioned)
    assert {"LEAK-001", "LEAK-002"} <= _failed(partitioned)


def test_labels_must_not_enter_what_works_on_neighbours(partitioned):
    _labels_given_to(partitioned.record("partition", "digits/gnmf/1"), partitioned)
    assert {"LEAK-001", "LEAK-002"} <= _failed(partitioned)


def test_neighbours_by_other_parameters_are_noticed(partitioned):
    def edit(record):
        record["parameters"]["arguments"]["metric"] = "euclidean"

    partitioned.change(partitioned.path(RECORD), edit)
    assert "RUN-005" in _failed(partitioned)


def test_neighbours_that_were_altered_are_noticed(partitioned):
    partitioned.change_arrays(FILE, lambda arrays: arrays["indices"].fill(3))
    assert _failed(partitioned)
