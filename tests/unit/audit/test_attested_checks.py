"""Attestations of older code: what the audit makes of true and of forged ones."""

import csv
import io
import json
from contextlib import closing
from types import SimpleNamespace

import pytest
from tests.small_results import PROTOCOL

from clustrace.audit.model import Level, Status
from clustrace.audit.records import read_records
from clustrace.audit.replaying import ReplayRefusedError, ReplaySettings
from clustrace.audit.replays import Replays
from clustrace.audit.tree import Tree
from clustrace.files import sha256_bytes, sha256_file, sha256_json
from clustrace.provenance.code_identity import code_index

RECORD = ("finetune", "digits/idec/0")
MODULE = "clustrace.cluster.idec"

pytestmark = pytest.mark.slow


def put_object(results, content):
    text = json.dumps(content).encode()
    results.write(results.path(f"provenance/objects/{sha256_bytes(text)}.json"), text)
    return sha256_bytes(text)


@pytest.fixture
def attested(results):
    """A run of older code, attested for the present code."""
    path = results.record(*RECORD)
    record = json.loads(path.read_text())
    place = results.path(f"provenance/objects/{record['code']['object']}.json")
    older = json.loads(place.read_text())
    older["modules"][MODULE] = "0" * 64
    older["digest"] = sha256_json(older["modules"])
    code = {"digest": older["digest"], "object": put_object(results, older)}
    results.change_record(*RECORD, code=code)
    later = code_index().identity(*older["roots"])
    history = results.path("runs/digits/idec/0/history.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(history, newline="")))
    entry = {
        "record": record["path"],
        "record_sha256": sha256_file(path),
        "rule": "finetune",
        "code": older["digest"],
        "later": {
            "digest": later.digest,
            "object": put_object(results, later.model_dump(mode="json")),
            "commit": None,
            "dirty": False,
            "changed": {MODULE: "+3 -3"},
        },
        "outcome": "equal",
        "extent": {"steps": 3, "of_steps": 6, "phases": 1, "rows": 2},
        "determinism": "bit-equal",
        "same_machine": True,
        "environment": record["environment"]["object"],
        "date": "2026-01-02",
    }
    assert [int(row["iteration"]) for row in rows] == [0, 3, 6]
    attested = SimpleNamespace(results=results, entry=entry)
    save(attested)
    return attested


def save(attested, *more):
    text = json.dumps([attested.entry, *more])
    attested.results.write(attested.results.path("evidence/attested.json"), text.encode())


def observed(attested, check):
    report = attested.results.audit(level=Level.HASHES)
    (outcome,) = [o for o in report.sections[0].outcomes if o.check.id == check]
    return outcome


def test_an_attested_run_is_labelled_so(attested):
    assert observed(attested, "RUN-016").status is Status.PASSED
    (skip,) = observed(attested, "RUN-010").of(Status.SKIPPED)
    assert skip.reason == "made by older code; first 3 of 6 steps equal under today's code"
    assert not observed(attested, "RUN-010").of(Status.FAILED)


def test_what_came_out_otherwise_is_said(attested):
    attested.entry["outcome"] = "different"
    save(attested)
    assert observed(attested, "RUN-016").status is Status.PASSED
    (failure,) = observed(attested, "RUN-010").of(Status.FAILED)
    assert failure.found == (
        f"older code: {MODULE}; first 3 of 6 steps different under today's code"
    )


def test_attestations_about_earlier_code_and_earlier_runs_say_nothing(attested):
    later = attested.entry["later"]
    path = attested.results.path(f"provenance/objects/{later['object']}.json")
    code = json.loads(path.read_text())
    code["modules"][MODULE] = "1" * 64
    later["digest"] = code["digest"] = sha256_json(code["modules"])
    later["object"] = put_object(attested.results, code)
    save(attested, {**attested.entry, "record_sha256": "2" * 64})
    reasons = [each.reason for each in observed(attested, "RUN-016").of(Status.SKIPPED)]
    assert sorted(reasons) == [
        "an attestation about other code than the present; `clustrace attest` renews it",
        "an attestation of a run that no longer stands",
    ]
    assert len(observed(attested, "RUN-010").of(Status.FAILED)) == 1


def no_steps(entry, results):
    entry["extent"]["steps"] = 0


def as_a_whole(entry, results):
    entry["extent"] = None


def of_more_steps(entry, results):
    entry["extent"]["of_steps"] = 3


def of_more_rows(entry, results):
    entry["extent"]["rows"] = 3


def of_more_phases(entry, results):
    entry["extent"]["phases"] = 2


def of_another_rule(entry, results):
    entry["rule"] = "pretrain"


def of_another_path(entry, results):
    entry["record"] = entry["record"].replace("/0.json", "/1.json")


def of_other_code(entry, results):
    entry["code"] = "3" * 64


def of_a_digest_that_its_modules_do_not_have(entry, results):
    entry["later"]["digest"] = "3" * 64


def of_no_modules(entry, results):
    code = {"digest": entry["later"]["digest"], "roots": [], "modules": {}}
    entry["later"]["object"] = put_object(results, code)


def without_its_code(entry, results):
    entry["later"]["object"] = "3" * 64


def without_its_machine(entry, results):
    entry["environment"] = "3" * 64


def of_other_changes(entry, results):
    entry["later"]["changed"] = {}


def less_strict(entry, results):
    entry["determinism"] = "statistical"


def close_where_bits_are_promised(entry, results):
    entry["outcome"] = "close"


def of_another_machine(entry, results):
    entry["same_machine"] = False


def of_tomorrow(entry, results):
    entry["date"] = "9999-01-01"


def of_a_word_too_many(entry, results):
    entry["trust"] = "me"


@pytest.mark.parametrize(
    "forge",
    [
        no_steps,
        as_a_whole,
        of_more_steps,
        of_more_rows,
        of_more_phases,
        of_another_rule,
        of_another_path,
        of_other_code,
        of_a_digest_that_its_modules_do_not_have,
        of_no_modules,
        without_its_code,
        without_its_machine,
        of_other_changes,
        less_strict,
        close_where_bits_are_promised,
        of_another_machine,
        of_tomorrow,
        of_a_word_too_many,
    ],
)
def test_forged_attestations_are_noticed(attested, forge):
    forge(attested.entry, attested.results)
    save(attested)
    assert observed(attested, "RUN-016").status is Status.FAILED


def test_an_attested_run_is_repeated_with_the_present_code(attested):
    """Which is how an attestation of a repetition that never took place is found."""
    results = attested.results
    (results.root / "Snakefile").touch()
    tree = Tree(results.root)
    records = read_records(tree, f"results/{PROTOCOL}")
    (job,) = [j for j in records.jobs if j.place == attested.entry["record"]]
    refused = pytest.raises(ReplayRefusedError, match="The code is not the one")
    with closing(Replays(tree, records, ReplaySettings())) as replays, refused:
        replays.alone(job)
    vouched = {attested.entry["record_sha256"]}
    with closing(Replays(tree, records, ReplaySettings(), vouched)) as replays:
        assert replays.alone(job) == (True, [])
