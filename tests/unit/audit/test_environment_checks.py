"""Machine, libraries, commit and code: what each check must notice."""

import json
import subprocess

import pytest

from clustrace.audit.checkout import Checkout
from clustrace.audit.model import Level, Status
from clustrace.files import sha256_bytes, sha256_json

RECORD = ("finetune", "digits/idec/0")


def read_record(results):
    return json.loads(results.record(*RECORD).read_text())


def put_object(results, content):
    """A new object under its own hash."""
    text = json.dumps(content).encode()
    results.write(results.path(f"provenance/objects/{sha256_bytes(text)}.json"), text)
    return sha256_bytes(text)


def get_object(results, digest):
    return json.loads(results.path(f"provenance/objects/{digest}.json").read_text())


def environment_gone(results):
    results.path(
        f"provenance/objects/{read_record(results)['environment']['object']}.json"
    ).unlink()


def environment_altered(results):
    digest = read_record(results)["environment"]["object"]
    results.replace(f"provenance/objects/{digest}.json", '"threads": 1', '"threads": 2', 1)


def other_environment(results, **fields):
    record = read_record(results)
    environment = get_object(results, record["environment"]["object"])
    environment.update(fields)
    reference = {**record["environment"], "object": put_object(results, environment)}
    results.change_record(*RECORD, environment=reference)


def other_python(results):
    other_environment(results, python="2.7.18")


def unknown_lock(results):
    other_environment(results, lock_sha256="0" * 64)


def no_environment(results):
    record = read_record(results)
    reference = {**record["environment"], "object": put_object(results, {"device": "cpu"})}
    results.change_record(*RECORD, environment=reference)


def unknown_commit(results):
    git = {**read_record(results)["git"], "commit": "0" * 40}
    results.change_record(*RECORD, git=git)


def edits_without_difference(results):
    git = {**read_record(results)["git"], "dirty": True}
    results.change_record(*RECORD, git=git)


def edits_that_are_not_kept(results):
    git = {**read_record(results)["git"], "dirty": True, "diff_sha256": "0" * 64}
    results.change_record(*RECORD, git=git)


def edits_that_are_none(results):
    text = b"nothing that git wrote"
    results.write(results.path(f"provenance/objects/{sha256_bytes(text)}.diff"), text)
    git = {**read_record(results)["git"], "dirty": True, "diff_sha256": sha256_bytes(text)}
    results.change_record(*RECORD, git=git)


def no_determinism(results):
    results.change_record(*RECORD, determinism=None)


def bit_equal_on_a_gpu(results):
    results.change_record(*RECORD, device="cuda")


def any_algorithm(results):
    record = read_record(results)
    torch = get_object(results, record["environment"]["object"])["torch"]
    other_environment(results, torch={**torch, "deterministic": "default"})


def other_digest(results):
    code = {**read_record(results)["code"], "digest": "0" * 64}
    results.change_record(*RECORD, code=code)


def other_module(results):
    """A loss that was never committed, with a digest that fits."""
    record = read_record(results)
    code = get_object(results, record["code"]["object"])
    code["modules"]["clustrace.cluster.idec"] = "0" * 64
    code["digest"] = sha256_json(code["modules"])
    results.change_record(
        *RECORD, code={"digest": code["digest"], "object": put_object(results, code)}
    )


def root_left_out(results):
    record = read_record(results)
    code = get_object(results, record["code"]["object"])
    del code["modules"]["clustrace.cluster.idec"]
    code["digest"] = sha256_json(code["modules"])
    results.change_record(
        *RECORD, code={"digest": code["digest"], "object": put_object(results, code)}
    )


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        (environment_gone, "ENV-001"),
        (environment_altered, "ENV-001"),
        (other_python, "ENV-001"),
        (unknown_lock, "ENV-001"),
        (no_environment, "ENV-001"),
        (unknown_commit, "ENV-002"),
        (edits_without_difference, "ENV-002"),
        (edits_that_are_not_kept, "ENV-002"),
        (edits_that_are_none, "ENV-002"),
        (no_determinism, "ENV-003"),
        (bit_equal_on_a_gpu, "ENV-003"),
        (any_algorithm, "ENV-003"),
        (other_digest, "ENV-004"),
        (other_module, "ENV-004"),
        (root_left_out, "ENV-004"),
        (edits_without_difference, "ENV-005"),
        (other_module, "RUN-010"),
    ],
)
def test_what_must_be_noticed(results, tamper, check):
    tamper(results)
    assert check in results.failed(level=Level.HASHES)


def test_code_that_was_edited_is_that_of_the_commit_but_for_the_edits(results):
    other_module(results)
    path = b"workflow/src/clustrace/cluster/idec.py"
    text = b"diff --git a/%b b/%b\n" % (path, path)
    results.write(results.path(f"provenance/objects/{sha256_bytes(text)}.diff"), text)
    git = {**read_record(results)["git"], "dirty": True, "diff_sha256": sha256_bytes(text)}
    results.change_record(*RECORD, git=git)
    report = results.audit(level=Level.HASHES)
    assert report.ok
    assert set(report.failed_checks()) == {"ENV-005", "RUN-010"}, "a warning and a note"


def test_outside_git_commits_are_not_looked_up(results, tmp_path_factory):
    nowhere = Checkout(tmp_path_factory.mktemp("nowhere"))
    report = results.audit(checkout=nowhere, level=Level.HASHES)
    assert report.ok
    skipped = {o.check.id for o in report.sections[0].outcomes if o.of(Status.SKIPPED)}
    assert {"ENV-002", "ENV-004"} <= skipped


def test_a_shallow_clone_says_how_to_get_all_commits(honest, tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{honest}", clone], check=True)
    assert "unshallow" in Checkout(clone).unusable
    assert Checkout(honest).unusable == ""


def test_git_objects_are_read_by_name(honest):
    checkout = Checkout(honest)
    found = checkout.contents(["HEAD:envs/lock.txt", "HEAD:nothing here", "HEAD:a\nHEAD:b"])
    assert found["HEAD:envs/lock.txt"] == (honest / "envs/lock.txt").read_bytes()
    assert found["HEAD:nothing here"] is None and found["HEAD:a\nHEAD:b"] is None
    assert checkout.present("envs/lock.txt") == found["HEAD:envs/lock.txt"]
    assert checkout.present("no such file") is None
