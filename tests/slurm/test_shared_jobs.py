"""Under a short protocol jobs share some on the cluster, and survive accidents there."""

import os
import signal
from pathlib import Path

import pytest

from clustrace.provenance.heartbeat import Beat, read_beat
from clustrace.provenance.record import read_record
from tests.workflow.conftest import Project, kill_group, wait_for

from .cluster import accounted, call
from .project import CONFIG, copy_for_cluster, on_cluster, output_of, slurm_jobs, status_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
#: Long enough to be disturbed.
LONGER = {"sae: {epochs: 2,": "sae: {epochs: 150,", "cae: {epochs: 1,": "cae: {epochs: 40,"}
RUN = {**CONFIG, "methods": "idec,dec-conv,kmeans,sec"}
PAIR = ("cae", "sae")
NAMES = (
    "finetune digits/dec-conv/0",
    "finetune digits/idec/0",
    "initialise digits/cae-kmeans/0",
    "initialise digits/sae-kmeans/0",
    "pretrain digits/cae/0",
    "pretrain digits/sae/0",
)


def _copy(folder: Path) -> Project:
    project = copy_for_cluster(folder)
    for old, new in LONGER.items():
        project.edit("config/protocols/smoke.yaml", old, new)
    return project


def _training(project: Project) -> Beat | None:
    """Sign of life of the second of the two pretrainings, once it has begun."""

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
    """A run whose shared trainings are first preempted and then cancelled, in the second net."""
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


def _log(project: Project, *parts: str) -> str:
    return (project.folder / "results/smoke/logs" / "/".join(parts) / "0.log").read_text()


def test_pretrained_networks_and_what_starts_from_them_share_a_job(run):
    [(name, numbers)] = slurm_jobs(run).items()
    assert name == ", ".join(NAMES), "clusterings of the features run beside Snakemake"
    partition, tres = accounted(numbers[-1], "Partition", "AllocTRES")
    assert partition == "gpu" and "gres/gpu=1" in tres.split(",")
    assert "cpu=1" in tres.split(","), "they work in turn"


def test_they_are_forked_from_one_process_with_records_of_their_own(run):
    [(_, number)] = slurm_jobs(run).values()
    for name in NAMES:
        path = f"results/smoke/provenance/{name.replace(' ', '/')}.json"
        record = read_record(run.folder / path)
        assert record.slurm is not None and record.slurm.job_id == number
    [log] = (run.folder / "results/logs/slurm").rglob(f"{number}.log")
    assert log.read_text().count("srun: ") == 1, "one step of the job, and one Snakemake in it"


def test_a_shared_job_that_is_preempted_and_cancelled_is_done_again(run):
    [(first, second)] = slurm_jobs(run).values()
    rows = call("sacct", "-X", "-n", "-P", "--duplicates", "-j", first, "-o", "State").split("\n")
    assert rows[0] == "PREEMPTED" and rows[1].startswith("CANCELLED")
    assert accounted(second, "State") == ["COMPLETED"]
    said = output_of(run).read_text()
    assert f"{NAMES[0]} and 5 others (SLURM job {first}" in said
    assert "preempted; SLURM queued it again" in said
    assert f"cancelled (scancel); tried again as job {second}" in said


def test_no_training_began_anew_and_no_checkpoint_is_left(run):
    assert all("Resuming" in _log(run, "pretrain/digits", method) for method in PAIR)
    assert not list((run.folder / "results/smoke/checkpoints").glob("*/*/0"))


def test_when_one_fails_the_others_keep_what_they_trained(cluster, tmp_path):
    project = copy_for_cluster(tmp_path / "failing")
    obstacle = project.folder / "results/smoke/checkpoints/digits/cae"
    obstacle.parent.mkdir(parents=True)
    obstacle.write_text("no folder")
    models = [f"results/smoke/models/digits/{method}/0/model.safetensors" for method in PAIR]
    assert status_of(on_cluster(project, "--retries", "0", *models, **CONFIG)) == 1
    trained = project.folder / "results/smoke/checkpoints/digits/sae/0/seed-0"
    assert list(trained.glob("*.safetensors")), output_of(project).read_text()[-3000:]
    obstacle.unlink()
    assert status_of(on_cluster(project, *models, **CONFIG)) == 0
    assert "Resuming" in _log(project, "pretrain/digits/sae")
    assert "Resuming" not in _log(project, "pretrain/digits/cae")
    assert not trained.exists()


def test_weights_are_those_of_an_undisturbed_run(run, tmp_path):
    undisturbed = _copy(tmp_path / "undisturbed")
    models = [f"results/smoke/models/digits/{method}/0/model.safetensors" for method in PAIR]
    undisturbed.run("--cores", "2", *models, **RUN)
    for model in models:
        assert (run.folder / model).read_bytes() == (undisturbed.folder / model).read_bytes()
