"""Under a short protocol jobs share some on the cluster, and survive accidents there."""

import os
import signal
from pathlib import Path

import pytest

from clustrace.provenance.heartbeat import Beat, read_beat
from clustrace.provenance.record import read_record
from tests.workflow.conftest import Project, kill_group, wait_for

from .cluster import accounted, call
from .project import CONFIG, copy_for_cluster, on_cluster, output_of, slurm_jobs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
#: Long enough to be disturbed.
LONGER = {"sae: {epochs: 2,": "sae: {epochs: 150,", "cae: {epochs: 1,": "cae: {epochs: 40,"}
RUN = {**CONFIG, "methods": "idec,dec-conv,kmeans,sec"}
PAIR = ("cae", "sae")
PRETRAINED = "pretrain digits/cae/0, pretrain digits/sae/0"
FINETUNED = {"finetune digits/dec-conv/0, finetune digits/idec/0"}
CLUSTERED = {"cluster digits/kmeans/0, cluster digits/sec/0"}


def _copy(folder: Path) -> Project:
    project = copy_for_cluster(folder)
    for old, new in LONGER.items():
        project.edit("config/protocols/smoke.yaml", old, new)
    return project


def _training(project: Project) -> Beat | None:
    """Sign of life of the second of the pretrainings that share a job, once it has begun."""

    def trained(method: str) -> bool:
        return (
            project.folder / f"results/smoke/models/digits/{method}/0/model.safetensors"
        ).exists()

    for first, second in (PAIR, PAIR[::-1]):
        name = f"results/smoke/checkpoints/heartbeat/pretrain-digits-{second}-0.json"
        beat = read_beat(project.folder / name)
        if trained(first) and not trained(second) and beat and beat.steps and not beat.ended:
            return beat
    return None


@pytest.fixture(scope="module")
def run(cluster, tmp_path_factory) -> Project:
    """A run whose shared pretrainings are first preempted and then cancelled, in the second."""
    project = _copy(tmp_path_factory.mktemp("shared") / "project")
    process = on_cluster(project, **RUN)
    try:
        wait_for(lambda: _training(project) is not None, seconds=600)
        first = _training(project)
        os.kill(first.pid, signal.SIGSTOP)  # However fast it is; SLURM wakes it to end it.
        node = call("squeue", "-h", "-j", first.slurm_job, "-o", "%N").strip()
        where = ("-p", "urgent", "-w", node, "--gres=gpu:1", "--mem=100")
        call("sbatch", *where, "-o", "/dev/null", "--wrap", "sleep 1")
        wait_for(
            lambda: (beat := _training(project)) is not None and beat.started > first.started,
            seconds=600,
        )
        os.kill(_training(project).pid, signal.SIGSTOP)
        call("scancel", first.slurm_job)
        assert process.wait(timeout=900) == 0, output_of(project).read_text()[-6000:]
    finally:
        if process.poll() is None:
            kill_group(process)
    return project


def test_jobs_of_a_rule_on_one_data_set_share_one(run):
    jobs = slurm_jobs(run)
    assert set(jobs) == {PRETRAINED} | FINETUNED | CLUSTERED
    for name, numbers in jobs.items():
        partition, tres = accounted(numbers[-1], "Partition", "AllocTRES")
        assert partition == ("cpu" if name in CLUSTERED else "gpu"), name
        assert ("gres/gpu=1" in tres.split(",")) == (name not in CLUSTERED), name
        assert "cpu=1" in tres.split(","), "they work in turn"


def test_they_are_forked_from_one_process_with_records_of_their_own(run):
    [number] = slurm_jobs(run)[next(iter(FINETUNED))]
    for method in ("dec-conv", "idec"):
        path = f"results/smoke/provenance/finetune/digits/{method}/0.json"
        record = read_record(run.folder / path)
        assert record.slurm is not None and record.slurm.job_id == number
    [log] = (run.folder / "results/logs/slurm").rglob(f"{number}.log")
    assert log.read_text().count("srun: ") == 1, "one step of the job, and one Snakemake in it"


def test_a_shared_job_that_is_preempted_and_cancelled_is_done_again(run):
    first, second = slurm_jobs(run)[PRETRAINED]
    rows = call("sacct", "-X", "-n", "-P", "--duplicates", "-j", first, "-o", "State").split("\n")
    assert rows[0] == "PREEMPTED" and rows[1].startswith("CANCELLED")
    assert accounted(second, "State") == ["COMPLETED"]
    said = output_of(run).read_text()
    assert f"{PRETRAINED} (SLURM job {first}" in said
    assert "preempted; SLURM queued it again" in said
    assert f"cancelled (scancel); tried again as job {second}" in said


def test_the_cancelled_training_went_on_from_its_checkpoint(run):
    logs = [
        (run.folder / f"results/smoke/logs/pretrain/digits/{method}/0.log").read_text()
        for method in PAIR
    ]
    assert sum("Resuming" in log for log in logs) == 1


def test_weights_are_those_of_an_undisturbed_run(run, tmp_path):
    undisturbed = _copy(tmp_path / "undisturbed")
    models = [f"results/smoke/models/digits/{method}/0/model.safetensors" for method in PAIR]
    undisturbed.run("--cores", "2", *models, **RUN)
    for model in models:
        assert (run.folder / model).read_bytes() == (undisturbed.folder / model).read_bytes()
