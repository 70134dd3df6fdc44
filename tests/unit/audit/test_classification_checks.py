"""What the audit recomputes of classifiers: parts, hidden labels, seconds, errors of runs."""

from types import SimpleNamespace

import numpy as np
import pytest

from clustrace.audit.checks.leaks import Labels, NoLabelsInTraining
from clustrace.audit.checks.revealed import TestedLabelsHidden as Hidden
from clustrace.audit.checks.revealed import without_part
from clustrace.audit.derived import parts_of
from clustrace.audit.model import Status
from clustrace.audit.records import Job, Records
from clustrace.audit.scoreboard import Scoreboard, evaluations
from clustrace.audit.times import Times
from clustrace.audit.tree import Tree, TreeError
from clustrace.data import parts
from clustrace.data.artefact import write_artefact
from clustrace.provenance.file_hash import FileHash

SPLIT = np.repeat([0, 1], [40, 20])
LABELS = np.arange(60) % 5
DATASET = SimpleNamespace(samples=60, validation_samples=8, raw="small", has_parts=True, part="all")


def file(path, sha256="0" * 64):
    return FileHash(path=path, sha256=sha256, bytes=1)


def job(rule, inputs, outputs, seconds=1.0, seeds=(), **parameters):
    record = SimpleNamespace(
        rule=rule,
        wildcards={"dataset": "some", "subset": "all", "method": "m", "block": "0-1"},
        inputs={name: [file(path)] for name, path in inputs.items()},
        outputs={name: [file(path)] for name, path in outputs.items()},
        outcome=SimpleNamespace(ok=True),
        parameters=parameters,
        work_seconds=seconds,
        seeds=list(seeds),
        upstream={},
        threads=2,
        environment=SimpleNamespace(gpu=None, processor=f"Processor of {rule}"),
    )
    return Job(f"{rule}.json", record)


REVEAL = job("reveal", {"labels": "labels.safetensors"}, {"training_labels": "shown.safetensors"})


@pytest.mark.parametrize("drawn", [None, 25, 60])
def test_parts_are_those_that_the_workflow_makes(drawn):
    index = np.arange(60)
    if drawn is not None and drawn < 60:
        index = np.sort(np.random.RandomState(0).permutation(60)[:drawn])
    np.testing.assert_array_equal(parts_of(DATASET, 40, drawn), parts.parts_of(index, SPLIT, 8))


@pytest.fixture
def case(tmp_path):
    experiment = SimpleNamespace(
        registry=SimpleNamespace(datasets={"some": DATASET}),
        raw=lambda slug: SimpleNamespace(train_samples=40),
    )
    return SimpleNamespace(tree=Tree(tmp_path), jobs=[REVEAL], experiment=experiment)


def shown(case, labels, true=LABELS):
    write_artefact(case.tree.root / "shown.safetensors", {"labels": labels})
    write_artefact(case.tree.root / "labels.safetensors", {"labels": true})
    (observation,) = Hidden().examine(case)
    return observation


def test_hidden_labels_of_test_samples_pass(case):
    labels = np.where(SPLIT == 1, -1, LABELS)
    assert shown(case, labels).status is Status.PASSED


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda labels: labels.__setitem__(59, 4), "labels of 1 test samples"),
        (lambda labels: labels.__setitem__(0, 3), "other labels"),
        (lambda labels: labels.__setitem__(39, -1), "other labels"),
    ],
)
def test_labels_that_are_shown_or_altered_fail(case, change, found):
    labels = np.where(SPLIT == 1, -1, LABELS)
    change(labels)
    observation = shown(case, labels)
    assert observation.status is Status.FAILED and observation.found == found


def test_fewer_labels_fail(case):
    assert shown(case, np.full(59, -1)).found == "59 labels"


def test_only_classifiers_may_read_what_was_revealed():
    classify = job("classify", {"training_labels": "shown.safetensors"}, {"model": "m"})
    pretrain = job("pretrain", {"training_labels": "shown.safetensors"}, {"model": "n"})
    renamed = job("classify", {"hints": "shown.safetensors"}, {"model": "o"})
    everything = job("classify", {"training_labels": "labels.safetensors"}, {"model": "p"})
    prepare = job("prepare", {"raw": "raw"}, {"labels": "labels.safetensors"})
    jobs = (prepare, REVEAL, classify, pretrain, renamed, everything)
    for number, each in enumerate(jobs):  # contents of their own
        for files in each.record.outputs.values():
            files[:] = [file(f.path, f"{number:064d}") for f in files]
    case = SimpleNamespace(records=Records(jobs), jobs=jobs, experiment=object())
    made = {f.path: f for each in jobs for _, f in each.outputs}
    for each in jobs:
        for files in each.record.inputs.values():
            files[:] = [made.get(f.path, f) for f in files]
    assert Labels(case).are(made["labels.safetensors"])
    found = [observation.status for observation in NoLabelsInTraining().examine(case)]
    assert found == [Status.PASSED, Status.FAILED, Status.FAILED, Status.FAILED]


@pytest.mark.parametrize("part", [None, np.array([0, 1, 3], np.int8), np.array([0, 1, 2])])
def test_parts_beside_features_are_small_numbers(part):
    arrays = {"features": np.zeros((3, 2), np.float32)}
    arrays |= {} if part is None else {"part": part}
    rest, fault = without_part(SimpleNamespace(outcome={}, about={}, arrays=arrays))
    assert fault and rest.arrays.keys() == {"features"}


@pytest.fixture
def board(tmp_path):
    predictions = {f"seed-{seed}": np.array([0, 1, seed], np.uint8) for seed in (0, 1)}
    path = "run/predictions.safetensors.gz"
    write_artefact(tmp_path / path, predictions, about={"failures": {}})
    write_artefact(tmp_path / "truth.safetensors.gz", {"labels": np.array([0, 1, 1], np.uint8)})
    prepare = job("prepare", {}, {"features": "features"}, seconds=99.0)
    neighbours = job("neighbours", {"features": "features"}, {"neighbours": "graph"}, seconds=3.0)
    pretrain = job("pretrain", {}, {"model": "weights"}, seconds=10.0, seeds=(0, 1))
    read = {"weights": "weights", "neighbours": "graph", "features": "features"}
    classify = job("classify", read, {"predictions": path}, seconds=4.0, seeds=(0, 1))
    evaluate = job(
        "evaluate",
        {"predictions": path, "truth": "truth.safetensors.gz"},
        {"metrics": "run/metrics.json"},
        supervised=True,
    )
    jobs = (prepare, neighbours, pretrain, classify, evaluate)
    scores = Scoreboard(Tree(tmp_path), evaluations(jobs))
    return Times(Records(jobs), scores)


def test_errors_of_a_run_are_counted_anew(board):
    assert {s: e.error for s, e in board.scores.of("run").seeds.items()} == {0: 1 / 3, 1: 0.0}


def test_seconds_are_added_up_along_the_files(board):
    assert board.of("run", "training_seconds") == {0: 2.0, 1: 2.0}
    # Neighbours count whole for each seed, and what makes the data not at all.
    assert board.of("run", "pretraining_seconds") == {0: 8.0, 1: 8.0}
    assert board.of("run", "inference_seconds") == {0: 5.0, 1: 5.0}
    assert board.of("run", "total_seconds") == {0: 10.0, 1: 10.0}
    assert board.machines("run", "inference_seconds") == {
        f"Processor of {rule} with 2 threads" for rule in ("neighbours", "classify")
    }
    with pytest.raises(TreeError, match="no record"):
        board.of("run", "acc")
    with pytest.raises(TreeError, match="no record tells"):
        board.of("another", "total_seconds")
