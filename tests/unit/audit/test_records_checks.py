"""Records, files and the chain between them: what each check must notice."""

import json
import shutil
from datetime import UTC, datetime

import pytest
from tests.small_results import PROTOCOL

from clustrace.audit.model import Level, Status
from clustrace.provenance.history import keep_earlier
from clustrace.provenance.objects import store_of


def first_input(record):
    return next(iter(record["inputs"].values()))[0]


def delete_a_field(results):
    results.change(results.record("truth", "digits"), lambda record: record.pop("outputs"))


def move_a_record(results):
    source = results.record("evaluate", "digits/kmeans/0")
    results.write(results.record("evaluate", "digits/kmeans/7"), source.read_bytes())


def change_scores(results):
    results.replace("runs/digits/kmeans/0/metrics.json", '"acc": 0.', '"acc": 0.1')


def delete_labels(results):
    results.path("runs/digits/idec/2/predictions.safetensors.gz").unlink()


def add_a_file(results):
    results.write(results.path("runs/digits/kmeans/9/metrics.json"), b"{}")


def name_another_input(results):
    results.change(
        results.record("evaluate", "digits/kmeans/0"),
        lambda record: first_input(record).update(sha256="0" * 64),
    )


def read_what_nobody_made(results):
    results.change(
        results.record("finetune", "digits/idec/0"),
        lambda record: first_input(record).update(path=f"results/{PROTOCOL}/runs/other.npz"),
    )


def end_before_the_start(results):
    results.change(
        results.record("truth", "digits"),
        lambda record: record.update(start=record["end"], end="2020-01-01T00:00:00Z"),
    )


def end_in_the_future(results):
    results.change_record("table", f"{PROTOCOL}/table1", end="2999-01-01T00:00:00Z")


def need_no_memory(results):
    results.change_record("truth", "digits", peak_memory_mib=0.0)


def read_before_it_was_written(results):
    results.change_record("evaluate", "digits/kmeans/0", start="2020-01-01T00:00:00Z", seconds=0.1)


def go_on_from_before_it_was_written(results):
    results.change_record("evaluate", "digits/kmeans/0", resumed_seconds=1e9)


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        (delete_a_field, "RUN-001"),
        (move_a_record, "RUN-001"),
        (change_scores, "RUN-002"),
        (delete_labels, "RUN-002"),
        (add_a_file, "RUN-003"),
        (name_another_input, "RUN-004"),
        (read_what_nobody_made, "RUN-004"),
        (end_before_the_start, "RUN-008"),
        (end_in_the_future, "RUN-008"),
        (need_no_memory, "RUN-008"),
        (read_before_it_was_written, "RUN-008"),
        (go_on_from_before_it_was_written, "RUN-008"),
    ],
)
def test_what_must_be_noticed_from_hashes_alone(results, tamper, check):
    tamper(results)
    report = results.audit(level=Level.HASHES)
    assert not report.ok
    assert check in report.failed_checks()


def test_changed_data_are_noticed(results):
    path = results.path("data/processed/digits/all/features.safetensors")
    content = path.read_bytes()
    results.write(path, content[:-1] + bytes([content[-1] ^ 1]))
    assert "DATA-001" in results.failed(level=Level.HASHES)


def test_bytes_that_dvc_keeps_may_be_absent(results):
    shutil.rmtree(results.path("models"))
    shutil.rmtree(results.root / "data")
    results.path("ledger/mini.parquet").unlink()
    report = results.audit()
    assert report.ok
    (section,) = report.sections
    reasons = {o.check.id: o.of(Status.SKIPPED) for o in section.outcomes}
    assert any("make restore" in each.reason for each in reasons["RUN-002"])
    assert reasons["DATA-004"]
    assert len(section.confirmed) == len(section.audited)


def test_an_input_that_was_made_anew_since_is_named_so(results):
    record = results.record("pretrain", "digits/sae/0")
    earlier = json.loads(record.read_text())
    results.write(record.with_suffix(".history.jsonl"), json.dumps(earlier).encode() + b"\n")

    def edit(content):
        content["outputs"]["model"][0]["sha256"] = "1" * 64

    results.change(record, edit)
    found = [each.found for each in results.audit().failures("RUN-004")]
    assert found and all("of an earlier run" in each for each in found)


def test_a_history_that_is_none_is_noticed(results):
    record = results.record("pretrain", "digits/sae/0")
    results.write(record.with_suffix(".history.jsonl"), b'{"outputs": 1}\n')
    assert "RUN-001" in results.failed()


def test_an_object_that_only_an_earlier_record_refers_to_must_be_there(results):
    record = results.record("pretrain", "digits/sae/0")
    earlier = json.loads(record.read_text())
    earlier["code"]["object"] = "5" * 64
    results.write(record.with_suffix(".history.jsonl"), json.dumps(earlier).encode() + b"\n")
    (failure,) = results.audit().failures("RUN-001")
    assert "5" * 64 in failure.found and failure.subject.endswith(".history.jsonl:1")


def test_parameters_of_an_earlier_record_must_be_there(results):
    place = results.record("table", f"{PROTOCOL}/table1")
    now = place.read_text()
    earlier = json.loads(now)
    earlier["parameters"]["remark"] = "p" * 3_000
    place.write_text(json.dumps(earlier))
    keep_earlier(place)
    place.write_text(now)
    assert results.failed() == set()
    history = place.with_suffix(".history.jsonl")
    kept = json.loads(history.read_text())["parameters_object"]
    file = store_of(place).path(kept)
    file.write_text(file.read_text().replace("ppp", "ppq", 1))
    (failure,) = results.audit().failures("RUN-001")
    assert failure.found.endswith(f"{kept}.json was altered")
    file.unlink()
    (failure,) = results.audit().failures("RUN-001")
    assert failure.found.endswith(f"{kept}.json is missing")
    assert failure.subject.endswith(f"{history.name}:1")


def test_a_path_that_leads_out_of_the_repository_is_not_followed(results):
    def edit(record):
        record["outputs"]["truth"][0]["path"] = "../../../../etc/passwd"

    results.change(results.record("truth", "digits"), edit)
    report = results.audit()
    assert "RUN-004" in report.failed_checks()
    assert not any("root:" in each.found for each in report.failures())


def test_an_input_that_was_made_again_with_the_same_content_is_no_wonder(results):
    """A job done once more comes to the same bytes, long after those who read them had run."""
    record = results.record("pretrain", "digits/sae/0")
    earlier = json.loads(record.read_text())
    late = {"start": "2998-01-01T00:00:00Z", "end": "2998-01-01T00:00:00Z", "seconds": 0.0}
    then = datetime(2999, 1, 1, tzinfo=UTC)
    results.change_record("pretrain", "digits/sae/0", **late)
    assert "RUN-008" in results.failed(now=then)
    results.write(record.with_suffix(".history.jsonl"), json.dumps(earlier).encode() + b"\n")
    assert "RUN-008" not in results.failed(now=then)
