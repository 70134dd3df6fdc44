"""Jobs as the workflow's scripts run them, with a stand-in for Snakemake's object."""

import json
import signal
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from clustrace.data.artefact import Outcome, Status, read_artefact, write_artefact
from clustrace.errors import DivergedError, NotApplicableError, StorageError
from clustrace.provenance.heartbeat import read_beats
from clustrace.provenance.record import read_record
from clustrace.stages.running import run_job
from clustrace.stages.training import finish, session
from clustrace.train.checkpoints import Checkpoint


class _Named(dict):
    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self):
        return iter(self.values())


@pytest.fixture
def snakemake(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_artefact("features.safetensors", {"features": np.ones((4, 2), np.float32)})
    return SimpleNamespace(
        rule="cluster",
        wildcards=_Named(dataset="digits", method="kmeans"),
        input=_Named(features="features.safetensors"),
        output=_Named(
            model="results/smoke/model.safetensors",
            metrics="results/smoke/metrics.json",
            history="results/smoke/history.csv",
            record="results/smoke/provenance/record.json",
        ),
        params=_Named(settings={"seeds": [0, 1]}, code_roots=["clustrace.stages.job"]),
        log=["results/smoke/logs/job.log"],
        config={"protocol": "smoke"},
        threads=1,
        resources=_Named(),
    )


def _write_all(job):
    job.write("model", {"a": np.arange(3)})
    Path(job.output["metrics"]).write_text("{}")
    Path(job.output["history"]).write_text("seed\n")


def test_a_job_leaves_outputs_log_and_record(snakemake):
    def stage(job):
        print("working")
        job.heartbeat.beat(job.name, phase="a", step=1, steps=2, epoch=1, epochs=2, loss=0.5)
        assert list(Path("results/smoke/checkpoints/heartbeat").glob("*.json"))
        _write_all(job)

    run_job(snakemake, stage)
    record = read_record("results/smoke/provenance/record.json")
    assert record.rule == "cluster" and record.seeds == [0, 1]
    assert [f.path for f in record.inputs["features"]] == ["features.safetensors"]
    assert record.replay.weights[:3] == ("clustrace", "replay", "{record}")
    assert record.replay.retrain[-2:] == ("--from", "start")
    assert "working" in Path("results/smoke/logs/job.log").read_text()
    assert not list(Path("results/smoke/checkpoints/heartbeat").glob("*.json"))


@pytest.mark.parametrize(
    ("error", "status"),
    [(DivergedError("loss is inf"), "diverged"), (NotApplicableError("too few"), "not-applicable")],
)
def test_an_outcome_is_written_into_every_output(snakemake, error, status):
    def stage(job):
        raise error

    run_job(snakemake, stage)
    artefact = read_artefact("results/smoke/model.safetensors")
    assert artefact.outcome == Outcome(Status(status), str(error), "cluster digits/kmeans")
    assert json.loads(Path("results/smoke/metrics.json").read_text())["outcome"]["status"] == status
    record = read_record("results/smoke/provenance/record.json")
    assert record.outcome.status == status


def test_the_outcome_of_an_input_is_passed_on(snakemake):
    reason = Outcome(Status.UNREACHABLE, "no source", "fetch usps")
    write_artefact("features.safetensors", outcome=reason)
    run_job(snakemake, lambda job: job.read("features"))
    assert read_artefact("results/smoke/model.safetensors").outcome == reason


def test_one_failed_seed_does_not_take_the_others_along(snakemake):
    def stage(job):
        arrays = {}
        for seed, guard in job.each_seed():
            with guard:
                if seed == 0:
                    raise DivergedError("loss is inf")
                arrays[f"seed-{seed}"] = np.array([seed])
        job.write("model", arrays)
        Path(job.output["metrics"]).write_text("{}")
        Path(job.output["history"]).write_text("")

    run_job(snakemake, stage)
    artefact = read_artefact("results/smoke/model.safetensors")
    assert artefact.outcome.ok and list(artefact.arrays) == ["seed-1"]
    assert artefact.about["failures"]["0"]["status"] == "diverged"


def test_if_every_seed_fails_the_job_has_no_result(snakemake):
    def stage(job):
        for _, guard in job.each_seed():
            with guard:
                raise DivergedError("loss is inf")

    run_job(snakemake, stage)
    assert read_artefact("results/smoke/model.safetensors").outcome.status is Status.DIVERGED


def test_an_error_of_the_project_is_a_sentence_and_exit_1(snakemake, capsys):
    def stage(job):
        raise StorageError("The disk is full.")

    with pytest.raises(SystemExit) as ended:
        run_job(snakemake, stage)
    assert ended.value.code == 1
    assert "Error in cluster: The disk is full." in capsys.readouterr().err
    assert not Path("results/smoke/provenance/record.json").exists()


def test_an_accident_is_raised_and_leaves_no_record(snakemake):
    def stage(job):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_job(snakemake, stage)
    assert "ZeroDivisionError" in Path("results/smoke/logs/job.log").read_text()
    assert not Path("results/smoke/provenance/record.json").exists()


def test_a_missing_output_fails_the_job(snakemake):
    with pytest.raises(SystemExit):
        run_job(snakemake, lambda job: job.write("model", {}))


def test_code_edited_since_planning_is_refused(snakemake, capsys):
    snakemake.params["code"] = "0" * 64
    with pytest.raises(SystemExit):
        run_job(snakemake, _write_all)
    assert "edited while the workflow was running" in capsys.readouterr().err


def _beats():
    return read_beats(Path("results/smoke/checkpoints/heartbeat"))


def test_an_error_is_the_end_mark_of_the_last_sign_of_life(snakemake):
    snakemake.resources.update(mem_mb=700, runtime=5)

    def stage(job):
        raise StorageError("The disk is full.")

    with pytest.raises(SystemExit):
        run_job(snakemake, stage)
    [beat] = _beats()
    assert beat.ended == "The disk is full."
    assert (beat.memory_mb, beat.minutes) == (700, 5)


def test_a_training_asked_to_end_says_so_and_leaves_the_signal_as_it_was(snakemake):
    snakemake.params["settings"]["precision"] = "float32"

    def stage(job):
        with session(job, 0) as checkpoints:
            assert not checkpoints.due()
            signal.raise_signal(signal.SIGTERM)
            assert checkpoints.due()

    with pytest.raises(SystemExit):
        run_job(snakemake, stage)
    [beat] = _beats()
    assert "asked to end" in beat.ended
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_record_counts_the_work_of_attempts_that_were_stopped(snakemake):
    snakemake.params["settings"]["precision"] = "float32"
    attempts = []

    def stage(job):
        _write_all(job)
        for seed in job.seeds:
            with session(job, seed) as checkpoints:
                checkpoints.load("training")
                time.sleep(0.05)
                checkpoints.save("training", Checkpoint({}, {"step": 1}))
        attempts.append(len(job.seeds))
        if len(attempts) == 1:
            raise StorageError("The node was lost.")

    with pytest.raises(SystemExit):
        run_job(snakemake, stage)
    run_job(snakemake, stage)
    record = read_record("results/smoke/provenance/record.json")
    assert record.resumed_seconds >= 0.05 * attempts[0]
    assert record.work_seconds == record.seconds + record.resumed_seconds


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
@pytest.mark.parametrize("gpu", [0, 1])
def test_without_a_gpu_a_job_that_asks_for_one_fails(snakemake, gpu, capsys):
    snakemake.config["device"] = "cuda"
    snakemake.resources["gpu"] = gpu
    snakemake.params["settings"]["precision"] = "float32"

    def stage(job):
        with session(job, 0):
            _write_all(job)

    if gpu:
        with pytest.raises(SystemExit):
            run_job(snakemake, stage)
        error = capsys.readouterr().err
        assert "sees no GPU" in error and "slurm/config.yaml" in error
        assert not Path("results/smoke/model.safetensors").exists()
    else:
        run_job(snakemake, stage)
        assert read_record("results/smoke/provenance/record.json").device == "cpu"


@pytest.mark.parametrize(("killed", "shared"), [(False, 0), (True, 0), (False, 1)])
def test_checkpoints_stay_until_the_job_is_recorded(snakemake, killed, shared):
    """Those of a job that shares one stay longer: it is done again when another one there fails."""
    snakemake.resources["in_turn"] = shared

    def stage(job):
        _write_all(job)
        for seed in job.seeds:
            (job.checkpoints / f"seed-{seed}").mkdir(parents=True)
        finish(job)
        assert len(list(job.checkpoints.glob("seed-*"))) == 2
        if killed:
            raise StorageError("The record cannot be written.")

    if killed:
        with pytest.raises(SystemExit):
            run_job(snakemake, stage)
    else:
        run_job(snakemake, stage)
    left = list(Path("results/smoke/checkpoints").rglob("seed-*"))
    assert len(left) == (2 if killed or shared else 0)
