"""The pipeline on the cluster: what runs where, what is recorded, what is refused."""

import pytest

from clustrace.provenance.record import read_record
from tests.workflow.conftest import Project

from .cluster import accounted, call
from .project import (
    CONFIG,
    copy_for_cluster,
    each_job_alone,
    on_cluster,
    output_of,
    slurm_jobs,
    status_of,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
TRAINING = {"pretrain digits/sae/0", "finetune digits/idec/0"}
OTHERS = {"prepare digits/all", "initialise digits/sae-kmeans/0", "evaluate digits/idec/0"}


@pytest.fixture(scope="module")
def done(cluster, tmp_path_factory) -> Project:
    """A copy with one method's tables, computed on the cluster."""
    project = copy_for_cluster(tmp_path_factory.mktemp("cluster") / "project")
    each_job_alone(project)
    status = status_of(on_cluster(project, **CONFIG, methods="idec"))
    assert status == 0, output_of(project).read_text()[-6000:]
    return project


def test_trainings_get_a_gpu_and_everything_else_the_cpu_partition(done):
    jobs = slurm_jobs(done)
    assert set(jobs) == TRAINING | OTHERS, "tables, figures and ledgers are made where the run is"
    for name, [number] in jobs.items():
        partition, tres, state = accounted(number, "Partition", "AllocTRES", "State")
        assert partition == ("gpu" if name in TRAINING else "cpu"), name
        assert ("gres/gpu=1" in tres.split(",")) == (name in TRAINING), name
        assert state == "COMPLETED"


def test_records_tell_job_node_and_device(done):
    jobs = slurm_jobs(done)
    results = done.folder / "results/smoke/provenance"
    for path in (
        "pretrain/digits/sae/0",
        "initialise/digits/sae-kmeans/0",
        "evaluate/digits/idec/0",
    ):
        record = read_record(results / f"{path}.json")
        rule, _, wildcards = path.partition("/")
        assert record.slurm is not None and record.slurm.node
        assert [record.slurm.job_id] == jobs[f"{rule} {wildcards}"]
        assert record.device == "cpu"
    assert read_record(results / "table/demonstration/table1.json").slurm is None


def test_logs_of_successful_jobs_are_kept(done):
    logs = done.folder / "results/logs/slurm"
    for [number] in slurm_jobs(done).values():
        [log] = logs.rglob(f"{number}.log")
        assert "1 of 1 steps (100%) done" in log.read_text()


def test_nothing_is_left_to_do(done):
    assert status_of(on_cluster(done, **CONFIG, methods="idec")) == 0
    assert "Nothing to be done" in output_of(done).read_text()


def test_without_a_visible_gpu_a_training_is_refused_at_once(done):
    """The profile asks for device cuda, whatever else --config says; here are no GPUs."""
    target = "results/smoke/models/digits/cae/0/model.safetensors"
    config = {key: value for key, value in CONFIG.items() if key != "device"}
    assert status_of(on_cluster(done, "--retries", "0", target, **config)) == 1
    said = output_of(done).read_text()
    [sentence] = [line for line in said.splitlines() if line.startswith("  pretrain digits/cae/0")]
    assert "device 'cuda' was asked for, but this process sees no GPU" in sentence
    assert "check gres in slurm/config.yaml" in sentence and "not tried again" in sentence
    assert not (done.folder / target).exists()
    assert not call("squeue", "-h")
