"""What the cluster does not have is said in one sentence that names the line of the profile."""

import subprocess

import pytest

from tests.workflow.conftest import Project

from .cluster import call
from .project import CONFIG, clustrace_run, copy_for_cluster, on_cluster, output_of, status_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
RUNS = {"clustrace": clustrace_run, "snakemake": on_cluster}


@pytest.fixture
def project(tmp_path) -> Project:
    return copy_for_cluster(tmp_path / "project")


def _line(project: Project, text: str) -> int:
    lines = (project.folder / "slurm/config.yaml").read_text().splitlines()
    [number] = [number for number, line in enumerate(lines, start=1) if text in line]
    return number


def _said(project: Project, process: subprocess.Popen[str]) -> str:
    assert status_of(process) == 1
    return " ".join(output_of(project).read_text().split())


#: What to write into the profile, and what is said of it.
PARTITION_THAT_IS_NONE = ("slurm_partition: cpu ", "slurm_partition: big # 1", "partition big")
WRONG_ACCOUNT = ("# slurm_account: myproject ", "slurm_account: nobody # 2", "account nobody")
UNKNOWN_GRES = ('gres: "gpu:1"', 'gres: "gpu:h100:1" # 3', "gpu:h100:1")
NO_GPU = ("slurm_partition: gpu ", "slurm_partition: cpu # 4", "has no GPU")


@pytest.mark.parametrize(
    ("program", "wrong"),
    [
        ("clustrace", (PARTITION_THAT_IS_NONE, WRONG_ACCOUNT, UNKNOWN_GRES)),
        ("clustrace", (NO_GPU,)),
        ("snakemake", (PARTITION_THAT_IS_NONE, WRONG_ACCOUNT, UNKNOWN_GRES)),
    ],
)
def test_what_the_cluster_does_not_have(cluster, project, program, wrong):
    for old, new, _ in wrong:
        project.edit("slurm/config.yaml", old, new)
    said = _said(project, RUNS[program](project, **CONFIG, methods="idec"))
    for _, new, word in wrong:
        assert word in said
        assert f"ine {_line(project, new)} of slurm/config.yaml" in said
    assert "Traceback" not in said
    assert not call("squeue", "-h"), "nothing was submitted"


@pytest.mark.parametrize("program", RUNS)
def test_a_cluster_that_is_down(cluster, project, program):
    cluster.stop_controller()
    try:
        said = _said(project, RUNS[program](project, **CONFIG, methods="idec"))
    finally:
        cluster.start_controller()
    assert "does not answer" in said or program == "snakemake"
    assert f"ine {_line(project, 'executor: slurm')} of slurm/config.yaml" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("program", RUNS)
def test_a_machine_without_slurm(cluster, project, program, tmp_path, monkeypatch):
    """Everything on the PATH but SLURM's commands."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for path in ("/bin/sh", "/bin/bash", "/usr/bin/git", "/usr/bin/env", "/usr/bin/which"):
        (folder / path.rpartition("/")[2]).symlink_to(path)
    monkeypatch.setenv("PATH", str(folder))
    said = _said(project, RUNS[program](project, **CONFIG, methods="idec"))
    assert "has no sbatch" in said
    assert f"ine {_line(project, 'executor: slurm')} of slurm/config.yaml" in said
    assert "Traceback" not in said
