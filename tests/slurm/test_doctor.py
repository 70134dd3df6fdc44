"""The checks before a run, on a real cluster."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clustrace.cli.main import app
from clustrace.preflight.cluster import ClusterChecks
from clustrace.preflight.finding import State
from clustrace.preflight.profile import Profile
from tests.workflow.conftest import wait_for

from .cluster import ACCOUNT

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROFILE = f"""\
executor: slurm
slurm-status-command: squeue
slurm-requeue: true
config: {{device: cpu}}
default-resources:
  slurm_partition: cpu
  slurm_account: {ACCOUNT}
set-resources:
  pretrain: {{slurm_partition: gpu, gres: "gpu:1"}}
  finetune: {{slurm_partition: gpu, gres: "gpu:1"}}
"""


@pytest.fixture
def profile(tmp_path, monkeypatch):
    """Write a profile into a repository; a change is an old and a new text."""
    for folder in ("config", "envs"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "Snakefile").touch()
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data/raw/usps.safetensors").touch()
    (tmp_path / "slurm").mkdir()
    monkeypatch.chdir(tmp_path)

    def write(old="", new=""):
        text = PROFILE.replace(old, new, 1) if old else PROFILE
        (tmp_path / "slurm/config.yaml").write_text(text)
        return Profile.load("slurm", Path())

    return write


def refusals(profile):
    found = ClusterChecks(profile).findings()
    return [each.sentence for each in found if each.state is State.FAILED]


def doctor(*arguments):
    given = ("-C", "protocol=smoke", "-C", "datasets=usps", "--profile", "slurm")
    result = CliRunner().invoke(app, ["doctor", *given, *arguments])
    return result.exit_code, result.output


def test_a_cluster_that_suits_passes_every_check(cluster, profile):
    profile()
    status, output = doctor()
    assert status == 0, output
    assert "SLURM would take jobs of this profile" in output
    assert "what gpu0" in output and "is seen here" in output
    assert "has the same time" in output


def test_a_gpu_that_only_slurm_knows_of_is_noticed(cluster, profile):
    profile()
    status, output = doctor("-C", "device=cuda")
    assert status == 1
    assert "sees no GPU (" in output
    assert "Line 9 of slurm/config.yaml asks for it" in output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'gres: "gpu:1"',
            "gres: gpu:a100:1",
            "Line 9 of slurm/config.yaml asks for the gres gpu:a100:1",
        ),
        (ACCOUNT, "nobody", "Line 7 of slurm/config.yaml charges the account nobody"),
        ("partition: cpu", "partition: normal", "Line 6 of slurm/config.yaml names the partition"),
        (
            "pretrain: {slurm_partition: gpu",
            "pretrain: {slurm_partition: cpu",
            "Line 9 of slurm/config.yaml sends pretrain to the partition cpu, which has no GPU",
        ),
    ],
)
def test_what_this_cluster_lacks_is_named_with_its_line(cluster, profile, old, new, said):
    (sentence,) = refusals(profile(old, new))
    assert sentence.startswith(said)


def test_a_cluster_that_is_down_is_said(cluster, profile):
    cluster.stop_controller()
    try:
        (sentence,) = refusals(profile())
        assert "hands jobs to SLURM, which does not answer" in sentence
    finally:
        cluster.start_controller()
        wait_for(cluster.idle, seconds=60)
