"""What records state besides files, parameters and seeds, and the versions of libraries."""

import pytest

from clustrace.audit.checks.versions import pinned
from clustrace.provenance.objects import store_of
from clustrace.provenance.record import read_record

RECORD = ("cluster", "digits/kmeans/0")


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": {"status": "diverged", "reason": "not finite", "origin": ""}},
        {"replay": {"weights": None, "retrain": None}},
        {"replay": {"weights": ["true", "{record}", "{folder}"], "retrain": ["true"]}},
    ],
)
def test_another_outcome_or_another_command(results, change):
    results.change(results.record(*RECORD), lambda record: record.update(change))
    assert "RUN-012" in results.failed()


def test_an_upstream_record_that_was_altered(results):
    record = read_record(results.record(*RECORD))
    (kept,) = record.upstream.values()
    results.replace(store_of(results.record(*RECORD)).path(kept), '"threads": 1', '"threads": 2')
    assert "RUN-001" in results.failed()


def test_parts_that_are_cut_elsewhere_than_registered(results):
    from clustrace.data.artefact import read_artefact, write_artefact

    path = results.path("data/raw/digits.safetensors")
    found = read_artefact(path)
    split = (found.arrays["y"] > 4).astype("int8")
    write_artefact(path, {**found.arrays, "split": split}, about=found.about)
    assert "DATA-002" in results.failed()


def test_a_ledger_made_with_other_published_numbers(results):
    def move(content):
        content["parameters"]["published"][0]["value"] = 12.3

    results.change(results.record("ledger", "mini"), move)
    assert results.failed() == {"RUN-005"}


def test_a_library_of_another_version_is_a_warning(results):
    path = results.record(*RECORD)
    store = store_of(path)
    environment = read_record(path).environment_in(store).model_dump(mode="json")
    environment["packages"]["numpy"] = "0.0.1"
    kept = store.keep_json(environment)
    results.change(path, lambda content: content["environment"].update(object=kept))
    report = results.audit()
    assert report.failed_checks() == ["ENV-006"] and report.ok


def test_versions_of_a_lock():
    lock = b"a-b==1.0 \\\n    --hash=sha256:0\nA_C[x]==2.0+cpu ; os == 'a'\nA_C==3.0 ; os == 'b'\n"
    assert pinned(lock) == {"a-b": {"1.0"}, "a-c": {"2.0", "3.0"}}
