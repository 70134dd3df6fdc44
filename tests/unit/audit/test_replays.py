"""Replays by commands that records name; here a script stands in for the training."""

import json
import sys

import pytest
from tests.small_results import PROTOCOL

from clustrace.audit.model import Level, Status
from clustrace.audit.replaying import ReplaySettings
from clustrace.provenance.evidence import Rung

ADDRESS = "mini.table1.kmeans.digits.acc"
#: Gives back what is recorded, from where nothing was tampered with; notes what lies beside it.
SCRIPT = """
import json, pathlib, shutil, sys
record, folder, honest, seen = sys.argv[1:]
content = json.loads(pathlib.Path(record).read_text())
files = [f["path"] for name, found in content["outputs"].items() for f in found]
for path in [*files, record]:
    target = pathlib.Path(folder, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(pathlib.Path(honest, path), target)
with open(seen, "a") as log:
    beside = [str(p) for p in pathlib.Path().rglob("*") if p.is_file()]
    print(json.dumps({"record": record, "files": beside}), file=log)
"""
SETTINGS = ReplaySettings(commands=True)


@pytest.fixture
def replayable(results, honest, tmp_path):
    """Results whose records name the script."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    results.seen = tmp_path / "seen.jsonl"
    command = [sys.executable, str(script), "{record}", "{folder}", str(honest), str(results.seen)]

    def edit(record):
        if record["seeds"]:
            record["replay"] = {"weights": command, "retrain": command}

    results.change_all_records(edit)
    return results


#: Of this workflow, records must name clustrace's own command.
FOREIGN = {"experiments": {PROTOCOL: None}}


def replay(results, level, cell=ADDRESS):
    return results.audit(level=level, replays=SETTINGS, cells=[cell], **FOREIGN)


def statuses(report, check):
    (outcome,) = [o for o in report.sections[0].outcomes if o.check.id == check]
    return [each.status for each in outcome.observations]


def test_weights_that_give_the_labels_lift_a_number(replayable):
    report = replay(replayable, Level.WEIGHTS)
    assert report.ok
    assert report.sections[0].confirmed[ADDRESS].rung is Rung.WEIGHTS
    assert statuses(report, "RUN-013") == [Status.PASSED] * 3


def test_no_labels_lie_where_a_replay_runs(replayable):
    report = replay(replayable, Level.WEIGHTS)
    assert statuses(report, "LEAK-003") == [Status.PASSED] * 3
    runs = [json.loads(line) for line in replayable.seen.read_text().splitlines()]
    assert len(runs) == 3, "each job is done once, whatever the number of checks"
    files = {name for run in runs for name in run["files"]}
    assert any("features" in name for name in files)
    assert not any("labels" in name or "truth" in name for name in files)


def test_labels_that_the_weights_do_not_give_are_noticed(replayable):
    """Consistent down to the label vectors: scores, ledger and hashes could all be forged."""
    path = "runs/digits/kmeans/0/predictions.safetensors.gz"
    replayable.change_arrays(path, lambda arrays: arrays["seed-0"].__setitem__(slice(0, 9), 3))
    replayable.restate(path)
    found = list(replay(replayable, Level.WEIGHTS).failures("RUN-013"))
    assert [each.subject for each in found] == ["results/mini/runs/digits/kmeans/0"]
    assert "of 1797 labels differ" in found[0].found
    assert "RUN-013" not in replayable.failed(level=Level.PREDICTIONS)


def test_training_repeats_the_chain_in_order(replayable):
    report = replay(replayable, Level.RETRAIN, "mini.table1.idec.digits.acc")
    assert report.ok
    assert report.sections[0].confirmed["mini.table1.idec.digits.acc"].rung is Rung.RETRAINED
    runs = [json.loads(line)["record"] for line in replayable.seen.read_text().splitlines()]
    chain = [run.split("/")[3] for run in runs if run.endswith("/0.json")]
    assert (
        chain.index("pretrain")
        < chain.index("initialise")
        < len(chain) - 1 - chain[::-1].index("finetune")
    )


def test_commands_of_records_are_not_run_unasked(replayable):
    report = replayable.audit(level=Level.WEIGHTS, cells=[ADDRESS], **FOREIGN)
    assert report.ok and not replayable.seen.exists()
    assert statuses(report, "RUN-013") == [Status.SKIPPED] * 3
    assert report.sections[0].confirmed[ADDRESS].rung is Rung.PREDICTIONS


def test_a_command_that_fails_is_a_finding_with_its_last_words(replayable):
    fails = [sys.executable, "-c", "raise SystemExit('no such weights')", "{record}", "{folder}"]

    def edit(record):
        record["replay"]["weights"] = fails

    replayable.change(replayable.record("cluster", "digits/kmeans/1"), edit)
    (found,) = replay(replayable, Level.WEIGHTS).failures("RUN-013")
    assert found.found == "no such weights"


def test_absent_weights_leave_a_number_where_it_was(replayable):
    replayable.path("models/digits/kmeans/0/model.safetensors").unlink()
    report = replay(replayable, Level.WEIGHTS)
    assert report.ok
    assert report.sections[0].confirmed[ADDRESS].rung is Rung.PREDICTIONS


def test_labels_of_another_class_of_determinism_may_differ_a_little(replayable):
    replayable.change_record("cluster", "digits/kmeans/0", determinism="equal-within-eps")
    path = "runs/digits/kmeans/0/predictions.safetensors.gz"

    def few(arrays):
        arrays["seed-0"][0] = (arrays["seed-0"][0] + 1) % 10

    def many(arrays):
        arrays["seed-0"][:300] = (arrays["seed-0"][:300] + 1) % 10

    replayable.change_arrays(path, few)
    replayable.restate(path)
    assert "RUN-013" not in replay(replayable, Level.WEIGHTS).failed_checks()
    replayable.change_arrays(path, many)
    replayable.restate(path)
    assert "RUN-013" in replay(replayable, Level.WEIGHTS).failed_checks()


def test_statistical_repetitions_may_differ_as_much_as_seeds_do(replayable):
    for seed in range(3):
        replayable.change_record("cluster", f"digits/kmeans/{seed}", determinism="statistical")
    path = "runs/digits/kmeans/0/predictions.safetensors.gz"
    replayable.change_arrays(
        path,
        lambda arrays: arrays["seed-0"].__setitem__(slice(0, 60), (arrays["seed-0"][:60] + 1) % 10),
    )
    replayable.restate(path)
    assert "RUN-013" not in replay(replayable, Level.WEIGHTS).failed_checks()


def test_a_method_without_weights_is_passed_over(replayable):
    leaves = [sys.executable, "-c", "print('not applicable: no weights'); raise SystemExit(3)"]

    def edit(record):
        record["replay"]["weights"] = leaves

    replayable.change(replayable.record("cluster", "digits/kmeans/1"), edit)
    report = replay(replayable, Level.WEIGHTS)
    assert sorted(statuses(report, "RUN-013")) == [Status.PASSED, Status.PASSED, Status.SKIPPED]
    assert report.sections[0].confirmed[ADDRESS].rung is Rung.PREDICTIONS
