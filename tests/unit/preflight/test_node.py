"""A job on a node, which here is this machine behind a false sbatch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.preflight.conftest import Site

from clustrace.preflight.finding import Finding, State
from clustrace.preflight.node import node_findings
from clustrace.preflight.profile import Profile

Load = Callable[..., Profile]
#: Runs what it wraps, as a node would, and says a job's number.
SBATCH = """\
for word in "$@"; do
  case $word in
    --output=*) output=${word#--output=};;
    --wrap=*) sh -c "%s ${word#--wrap=}" > "$output" 2>&1;;
    *) echo "$word" >> %s;;
  esac
done
echo 17
"""


def look(
    profile: Profile, folder: Path, *, gpu: bool = False, patience: float = 20.0
) -> dict[str, Finding]:
    found = node_findings(profile, folder, gpu=gpu, patience=patience)
    return {each.check: each for each in found}


def cluster(site: Site, before: str = "", state: str = "COMPLETED") -> Path:
    """Programs of a cluster; the options that sbatch was given stand in the file."""
    given = site.folder / "given"
    site.program("sbatch", SBATCH % (before, given))
    site.program("squeue", f"echo {state}")
    site.program("scancel", f"echo cancelled $1 >> {given}")
    return given


def test_a_node_that_shares_files_and_time(site: Site, profile: Load, tmp_path: Path) -> None:
    given = cluster(site)
    found = look(profile(), tmp_path)
    assert {name: each.state for name, each in found.items()} == {
        "shared files": State.OK,
        "clock": State.OK,
    }
    options = given.read_text().split()
    assert {"--partition=gpu", "--account=lab", "--time=3"} <= set(options)
    assert "--gres=gpu:1" not in options
    assert list((tmp_path / "results").iterdir()) == []


def test_a_gpu_that_torch_does_not_see(site: Site, profile: Load, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text(
        "def zeros(*_, **__):\n    raise RuntimeError('No CUDA GPUs are available')\n"
    )
    given = cluster(site, before=f"PYTHONPATH={tmp_path}:$PYTHONPATH CUDA_VISIBLE_DEVICES=0")
    gpu = look(profile(), tmp_path, gpu=True)["gpu"]
    assert gpu.state is State.FAILED
    assert "sees no GPU (No CUDA GPUs are available; CUDA_VISIBLE_DEVICES is 0)" in gpu.sentence
    assert "Line 8 of slurm/config.yaml asks for it" in gpu.sentence
    assert "--gres=gpu:1" in given.read_text().split()


def test_a_gpu_that_computes(site: Site, profile: Load, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text(
        "def zeros(*_, **__):\n    pass\n"
        "class cuda:\n    get_device_name = staticmethod(lambda: 'A100')\n"
    )
    cluster(site, before=f"PYTHONPATH={tmp_path}:$PYTHONPATH SLURMD_NODENAME=gpu07")
    gpu = look(profile(), tmp_path, gpu=True)["gpu"]
    assert (gpu.state, gpu.sentence) == (State.OK, "torch on gpu07 computes on A100")


def test_files_that_are_not_shared(
    site: Site, profile: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clustrace.preflight.node._LATENCY_SECONDS", 0.1)
    cluster(site, before="true")
    found = look(profile(), tmp_path)
    assert found["shared files"].state is State.FAILED
    assert (
        "clone the repository to a file system that the nodes share"
        in found["shared files"].sentence
    )


def test_a_job_that_fails_says_why(
    site: Site, profile: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clustrace.preflight.node._LATENCY_SECONDS", 0.1)
    cluster(site, before="echo no such Python; false")
    assert "A job on a node failed (no such Python)" in look(profile(), tmp_path)["node"].sentence


def test_a_job_that_waits_is_cancelled(site: Site, profile: Load, tmp_path: Path) -> None:
    given = cluster(site, before="true", state="PENDING")
    found = look(profile(), tmp_path, patience=0.1)
    assert found["node"].state is State.WARNING
    assert "try again with a larger --wait" in found["node"].sentence
    assert given.read_text().endswith("cancelled 17\n")


def test_a_job_that_is_not_taken(site: Site, profile: Load, tmp_path: Path) -> None:
    site.fails("sbatch", "error: Batch job submission failed: Invalid qos specification")
    found = look(profile(), tmp_path)["node"]
    assert found.state is State.FAILED
    assert found.sentence.endswith("Invalid qos specification); see line 8 of slurm/config.yaml.")


def test_another_clock(site: Site, profile: Load, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import time\nreal = time.time\ntime.time = lambda: real() + 3600\n"
    )
    cluster(site, before=f"PYTHONPATH={tmp_path}:$PYTHONPATH")
    clock = look(profile(), tmp_path)["clock"]
    assert clock.state is State.WARNING
    assert "differs by at least 3" in clock.sentence


def test_the_job_loads_no_library_without_a_gpu(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise SystemExit('torch was imported')\n")
    command = [sys.executable, "-m", "clustrace.preflight.node_child", str(tmp_path / "answer")]
    subprocess.run(command, check=True, cwd=tmp_path)
    assert (tmp_path / "answer").is_file()
