"""The cluster that the other tests run on is what it claims to be."""

import subprocess
import sys

import psutil
import pytest

from tests.workflow.conftest import wait_for

from .cluster import accounted, call

pytestmark = pytest.mark.slow


def test_jobs_get_what_they_ask_for_and_are_accounted(cluster, tmp_path):
    out = tmp_path / "out"
    job = call(
        *("sbatch", "--parsable", "-p", "gpu", "--gres=gpu:1", "--mem=300"),
        *("-o", str(out), "--wrap", "srun -n1 sh -c 'echo $CUDA_VISIBLE_DEVICES $SLURMD_NODENAME'"),
    ).strip()
    # Not sbatch --wait, which looks ever less often.
    wait_for(lambda: call("squeue", "-h", "-t", "all", "-o", "%T", "-j", job) == "COMPLETED\n")
    number, node = out.read_text().split()
    assert number == "0" and node.startswith("gpu")
    # The accounting hears of a job in pieces.
    wait_for(lambda: accounted(job, "State", "Partition", "NodeList") == ["COMPLETED", "gpu", node])
    assert {"gres/gpu=1", "mem=300M"} <= set(accounted(job, "AllocTRES")[0].split(","))


def test_a_killed_session_leaves_nothing_behind_that_stops_the_next(tmp_path):
    """Daemons that were left running are ended, by number and name."""
    from .processes import Daemon, end_leftovers

    started = Daemon.start(tmp_path, "sleeper", ["/bin/sleep", "600"])
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        # A number that has gone to another program meanwhile.
        (tmp_path / "old.process").write_text(f"{other.pid} slurmd")
        end_leftovers(tmp_path)
        started.process.wait(timeout=20)
        assert psutil.pid_exists(other.pid)
    finally:
        other.kill()
        other.wait()
