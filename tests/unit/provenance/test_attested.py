"""Attestations: reading and writing, for which code they hold, and what follows from them."""

import json
from datetime import date

import pytest
from pydantic import ValidationError
from tests.results_tree import CODE, Tree

from clustrace.errors import StorageError
from clustrace.files import sha256_file, sha256_json
from clustrace.provenance.attestation import (
    Agreement,
    Attestation,
    Extent,
    LaterCode,
    read_attestations,
    write_attestations,
)
from clustrace.provenance.attested import Attested, attested_file, vouched
from clustrace.provenance.code_identity import CodeIdentity, normalised_source_hash
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.lineage import Lineage, NodeStatus
from clustrace.provenance.node_states import NodeStates
from clustrace.provenance.objects import ObjectStore

MODULE = "laterpackage.losses"
OLDER = CodeIdentity(digest=CODE, roots=(MODULE,), modules={MODULE: "0" * 64})
SOURCE = "loss = 1\n"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A job of older code, beside the code that would do it now."""
    package = tmp_path / "laterpackage"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "losses.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    tree = Tree(tmp_path, tmp_path / "results/paper")
    tree.write("data/features", "features")
    outputs = {"model": "results/paper/model"}
    tree.job("train", {"features": "data/features"}, outputs, code=OLDER)
    return tree


def attestation(tree, **changes):
    modules = {MODULE: normalised_source_hash(SOURCE)}
    later = CodeIdentity(digest=sha256_json(modules), roots=(MODULE,), modules=modules)
    store = ObjectStore(tree.folder / "provenance/objects")
    record = tree.folder / "provenance/train/one.json"
    about = {
        "record": "results/paper/provenance/train/one.json",
        "record_sha256": sha256_file(record),
        "rule": "train",
        "code": CODE,
        "later": LaterCode(
            digest=later.digest,
            object=store.keep_json(later.model_dump(mode="json")),
            commit=None,
            dirty=False,
            changed={MODULE: "+1 -1"},
        ),
        "outcome": Agreement.EQUAL,
        "extent": Extent(steps=300, of_steps=14_800, rows=8, phases=1),
        "determinism": "bit-equal",
        "same_machine": True,
        "environment": CODE,
        "date": date(2026, 11, 22),
    }
    return Attestation(**{**about, **changes})


def attested(tree, *attestations):
    write_attestations(attested_file(tree.folder), attestations)
    return Attested.load(tree.folder, HashCache(None))


def status(tree):
    lineage = Lineage.load(tree.folder, tree.root)
    (job,) = lineage.jobs
    states = NodeStates(lineage, HashCache(None))
    return states.job(job)


def test_attestations_come_back_as_they_were_written(tree):
    made = attestation(tree)
    assert attested(tree, made).entries == {made.record_sha256: made}
    assert read_attestations(tree.root / "nothing.json") == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [("[", "JSON"), ("{}", "list"), ('[{"record": "a"}]', "record_sha256"), (None, "twice")],
)
def test_what_is_no_list_of_attestations_is_refused(tree, content, said):
    path = attested_file(tree.folder)
    write_attestations(path, [attestation(tree)])
    entries = json.loads(path.read_text())
    path.write_text(content or json.dumps(entries * 2))
    with pytest.raises(StorageError, match=said):
        read_attestations(path)


def test_no_steps_are_no_attestation(tree):
    with pytest.raises(ValidationError, match="greater than 0"):
        Extent(steps=0, of_steps=5, rows=1, phases=1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "first 300 of 14,800 steps equal under today's code"),
        ({"extent": None}, "whole job equal under today's code"),
        (
            {"extent": Extent(steps=5, of_steps=5, rows=1, phases=1), "outcome": "close"},
            "all 5 steps within 0.1% under today's code",
        ),
        (
            {"extent": Extent(steps=5, of_steps=90, rows=1, phases=4), "outcome": "different"},
            "first 5 of 90 steps, none of phases 2 to 4, different under today's code",
        ),
    ],
)
def test_a_sentence_says_how_far_it_goes(tree, changes, sentence):
    assert attestation(tree, **changes).sentence == sentence


def test_an_attestation_holds_for_its_record_and_both_codes(tree):
    made = attestation(tree)
    found = attested(tree, made)
    assert found.of(made.record_sha256, CODE) == made
    assert found.of("1" * 64, CODE) is None
    assert found.of(made.record_sha256, "1" * 64) is None
    assert status(tree) is NodeStatus.ATTESTED


def test_another_edit_ends_it(tree):
    made = attestation(tree)
    attested(tree, made)
    (tree.root / "laterpackage/losses.py").write_text("loss = 2\n")
    assert Attested.load(tree.folder, HashCache(None)).of(made.record_sha256, CODE) is None
    assert status(tree) is NodeStatus.OLDER_CODE


def test_without_its_code_it_says_nothing(tree):
    made = attestation(tree)
    found = attested(tree, made)
    found.store.path(made.later.object).unlink()
    assert found.of(made.record_sha256, CODE) is None


def test_what_came_out_otherwise_vouches_for_nothing(tree):
    made = attestation(tree, outcome=Agreement.DIFFERENT)
    found = attested(tree, made)
    record = (made.record, made.record_sha256, CODE)
    assert found.of(made.record_sha256, CODE) == made
    assert vouched([record], [found]) == {}
    assert status(tree) is NodeStatus.OLDER_CODE
    assert vouched([record], [attested(tree, attestation(tree))]) == {
        made.record: made.later.digest
    }
