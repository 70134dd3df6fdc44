"""The first gradient steps of a training against the recorded history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests import recorded_jobs
from tests.recorded_jobs import LAYOUT, record_of, run, write_features

from clustrace.errors import ConfigError, StorageError
from clustrace.provenance.record import read_record
from clustrace.stages.first_steps import replay_first_steps
from clustrace.stages.replay import Replay
from clustrace.train.layerwise import LayerwiseAutoencoder


@pytest.fixture
def order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replay:
    repository = tmp_path / "repository"
    repository.mkdir()
    monkeypatch.chdir(repository)
    write_features()
    for method in ("sae", "sae-kmeans", "dec"):
        run(method)
    return Replay(record_of("dec"), repository, tmp_path / "scratch")


def silent(line: str) -> None:
    """Nobody listens."""


def test_first_steps_of_a_finetuning_are_equal(order: Replay) -> None:
    done = replay_first_steps(order, 12, silent)
    assert (done.iterations, done.rows, done.differing) == (10, 2 * 3, ())
    own = read_record(order.folder / "first-steps" / record_of("dec"))
    assert own.parameters["arguments"]["max_iterations"] == 12
    assert own.rule == "finetune-first-steps"


def test_first_steps_of_a_pretraining_end_with_the_epoch(order: Replay) -> None:
    done = replay_first_steps(Replay(record_of("sae"), order.root, order.folder), 4, silent)
    assert (done.iterations, done.rows, done.differing) == (6, 2 * 2, ())


def test_of_a_training_in_phases_the_first_is_compared(
    order: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{LayerwiseAutoencoder.__module__}:{LayerwiseAutoencoder.__name__}"
    arguments = {"hidden_units": [8], "embedding_size": 2, "batch_size": 20}
    steps = {"layer_iterations": 12, "stack_iterations": 6}
    entry = ("pretrain", name, {**arguments, **steps})
    monkeypatch.setitem(recorded_jobs.ESTIMATORS, "layers", entry)
    run("layers")
    done = replay_first_steps(Replay(record_of("layers"), order.root, order.folder), 7, silent)
    assert (done.iterations, done.rows, done.differing) == (6, 2 * 2, ())


def test_trainings_that_count_in_epochs_end_with_the_epoch(order: Replay) -> None:
    for method in ("stacked", "stacked-kmeans", "dcn"):
        run(method)
    for method, rows in (("stacked", 2), ("dcn", 3)):  # DCN's history begins before the first.
        # A folder each, as a replay starts from what an earlier one left in its folder.
        asked = Replay(record_of(method), order.root, order.folder / method)
        done = replay_first_steps(asked, 4, silent)
        assert (done.iterations, done.rows, done.differing) == (6, 2 * rows, ())


def test_another_training_differs(order: Replay) -> None:
    """A record that names another learning rate than the one that trained."""
    content = json.loads(order.file.read_text())
    content["parameters"]["arguments"]["learning_rate"] = 0.02
    order.file.write_text(json.dumps(content))
    done = replay_first_steps(order, 10, silent)
    assert len(done.differing) == 2
    assert done.differing[0].startswith("DIFFERS seed 0, iteration 5: recorded loss 0.")


def test_diverging_steps_differ(order: Replay) -> None:
    content = json.loads(order.file.read_text())
    content["parameters"]["arguments"]["learning_rate"] = 1e30
    order.file.write_text(json.dumps(content))
    done = replay_first_steps(order, 10, silent)
    assert done.differing[0].startswith("DIFFERS diverged")


def test_too_few_steps_are_refused(order: Replay) -> None:
    with pytest.raises(ConfigError, match=r"fills no row.*its first one is of iteration 5"):
        replay_first_steps(order, 4, silent)


def test_a_job_without_gradient_steps_is_refused(order: Replay) -> None:
    kmeans = Replay(record_of("sae-kmeans"), order.root, order.folder)
    with pytest.raises(ConfigError, match="'initialise' takes no gradient steps"):
        replay_first_steps(kmeans, 10, silent)


def test_an_altered_history_is_refused(order: Replay) -> None:
    path = LAYOUT.history("quick", "blobs", "dec", "0-1")
    path.write_text(path.read_text().replace("1", "2"))
    with pytest.raises(StorageError, match="not as recorded"):
        replay_first_steps(order, 10, silent)


def test_epochs_of_a_data_set_in_parts_are_those_of_its_training_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_features(parts=True)
    run("sae")
    done = replay_first_steps(Replay(record_of("sae"), tmp_path, tmp_path / "scratch"), 4, silent)
    # 30 samples in batches of 20.
    assert (done.iterations, done.rows, done.differing) == (4, 2 * 2, ())


def test_rates_that_hang_on_the_number_of_epochs_are_not_shortened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_features(parts=True)
    run("logistic")
    with pytest.raises(ConfigError, match="replay it with --from start"):
        replay_first_steps(Replay(record_of("logistic"), tmp_path, tmp_path / "scratch"), 4, silent)
