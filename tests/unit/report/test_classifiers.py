"""What is shown of classifiers: learning curves of each choice, networks, seconds of records."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.recorded_jobs import record_of, run, write_features

from clustrace.data.artefact import Outcome, Status, write_artefact
from clustrace.files import write_text
from clustrace.provenance.measured import SeedScores
from clustrace.report.drawn_curves import drawn_curves
from clustrace.report.drawn_networks import drawn_networks
from clustrace.report.scores import timed_seeds

CANDIDATES = """seed,candidate,stage,iteration,loss,error
0,0,1,5,2.0,0.5
0,0,1,10,1.0,0.4
0,0,2,5,0.5,0.3
0,1,1,5,3.0,0.6
"""


@pytest.fixture
def plan(on_disk):
    return on_disk.plan(papers="k-sparse", seeds=1)


def parts(plan, method):
    paper = plan.experiment.papers["k-sparse"]
    wanted = ("mnist-classes", method)
    drawn = drawn_curves(plan, paper)
    return {part.array: part for part in drawn if (part.column, part.row) == wanted}


def test_a_figure_of_some_methods_has_no_curve_of_others(plan):
    paper = plan.experiment.papers["k-sparse"]
    figure = paper.figure("learning-curves").model_copy(update={"methods": ["rbm"]})
    assert {part.row for part in drawn_curves(plan, paper, figure)} == {"rbm"}


def test_each_training_of_a_classifier_has_a_curve(on_disk, plan):
    path = on_disk.history("mnist-classes", "mlp")
    write_text(path, CANDIDATES)
    found = parts(plan, "mlp")
    assert found.keys() == {
        "loss-candidate-0-stage-1",
        "loss-candidate-0-stage-2",
        "loss-candidate-1-stage-1",
    }
    first = found["loss-candidate-0-stage-1"]
    assert first.content["values"].tolist() == [2.0, 1.0]
    assert first.shown.label == "without pre-training, candidate 0, stage 1"


def test_a_solver_without_losses_has_a_reason_and_no_note(on_disk, plan):
    path = on_disk.history("mnist-classes", "raw-pixels-logistic")
    write_text(path, "seed,candidate,iteration,regularisation\n0,0,15,0.001\n")
    (part,) = parts(plan, "raw-pixels-logistic").values()
    assert part.reason == "its solver tells no losses on the way"
    assert (part.in_picture, part.shown) == ("", None)


def test_networks_that_are_there_are_drawn_and_the_others_named(on_disk, plan):
    paper = plan.experiment.papers["k-sparse"]
    figure = paper.figure("figure1")
    there, failed = (
        on_disk.folder("mnist-classes", f"k-sparse-{k}") / "filters-144.safetensors"
        for k in (70, 40)
    )
    filters = np.ones((2, 784), np.float32)
    write_artefact(there, {"filters": filters, "coherence": np.array([0.5])}, about={"seed": 0})
    write_artefact(failed, outcome=Outcome(Status.DIVERGED, "the loss is not finite", "pretrain"))
    found = {part.row: part for part in drawn_networks(plan, paper, figure)}
    assert list(found) == figure.methods
    np.testing.assert_array_equal(found["k-sparse-70"].content["filters"], filters)
    assert found["k-sparse-70"].shown.arrays["filters"].shape == (2, 28, 28)
    assert found["k-sparse-70"].seeds == (0,)
    assert found["k-sparse-40"].reason == "the loss is not finite"
    assert found["k-sparse-25"].reason == "not computed yet"


def test_seconds_of_a_seed_are_those_of_the_records(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_features(parts=True)
    for method, seconds in (("sae", 6.0), ("sae-logistic", 3.0)):
        run(method)
        times = {"seconds": seconds - 2, "resumed_seconds": 2.0}
        content = json.loads(record_of(method).read_text()) | times
        record_of(method).write_text(json.dumps(content))
    scored = SeedScores(0, {"error": 0.1}, "run")
    chain = [record_of("sae"), record_of("sae-logistic")]
    (timed,) = timed_seeds([scored], chain)
    assert timed.scores == {
        "error": 0.1,
        "pretraining_seconds": 3.0,
        "training_seconds": 1.5,
        "inference_seconds": 1.5,
        "total_seconds": 4.5,
    }
    (alone,) = timed_seeds([scored], chain[1:])
    assert alone.scores.keys() == timed.scores.keys() - {"pretraining_seconds"}
    # Of a network without clusters nothing is inferred.
    (network,) = timed_seeds([scored], chain[:1])
    assert network.scores == {"error": 0.1, "training_seconds": 3.0, "total_seconds": 3.0}
    assert timed_seeds([scored], [Path("gone.json"), *chain]) == [scored]


def test_each_seed_needs_all_of_a_job_without_seeds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_features(parts=True)
    run("sae")
    path = record_of("sae")
    content = json.loads(path.read_text())
    content["environment"]["processor"] = "Slow"
    changes = {"neighbours": ([], 7.0, 2), "finetune": ([0, 1], 3.0, 1), "pretrain": ([0], 90.0, 1)}
    for rule, (seeds, seconds, threads) in changes.items():
        changed = {"rule": rule, "seeds": seeds, "seconds": seconds, "threads": threads}
        Path(f"{rule}.json").write_text(json.dumps(content | changed))
    chain = [Path(f"{rule}.json") for rule in ("neighbours", "pretrain", "finetune")]
    (timed,) = timed_seeds([SeedScores(0, {}, "run")], chain)
    assert timed.scores["inference_seconds"] == 8.5
    assert timed.timed_on["inference_seconds"] == ("Slow with 2 threads", "Slow with 1 thread")
    assert timed.timed_on["training_seconds"] == ("Slow with 1 thread",)
