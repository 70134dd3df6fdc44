"""One run of six trainings on the cluster, each of which meets another accident.

In one run, because every start of a job and every minute of a time limit count. The trainings
write no checkpoint but the one at their end, or when they are asked to end.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from clustrace.provenance.heartbeat import Beat, read_beat
from tests.workflow.conftest import Project, kill_group, wait_for

from .cluster import Cluster, call
from .project import (
    CONFIG,
    clustrace_run,
    copy_for_cluster,
    each_job_alone,
    on_cluster,
    output_of,
    slurm_jobs,
)

SCANCEL, MEMORY, TIME, NODE, PREEMPTION, DISK = BLOCKS = tuple("012345")
SEEDS = {**CONFIG, "methods": "sae-kmeans", "seeds": 6, "threads": 1, "checkpoint_seconds": 3600}
_PATIENCE = 1200.0
_OUTAGE_SECONDS = 5.0
# Real memory in the training's own process, more than its first attempt is given and less than
# its second, once it has given its first sign of life.
_GREED = f"""
import os, threading, time
from pathlib import Path

def _swell():
    sign = Path("results/smoke/checkpoints/heartbeat/pretrain-digits-sae-{MEMORY}.json")
    while not sign.exists():
        time.sleep(0.1)
    globals()["taken"] = b"x" * 1_500_000_000

if snakemake.wildcards.block == "{MEMORY}" and "SLURM_JOB_ID" in os.environ:
    threading.Thread(target=_swell, daemon=True).start()
"""


def copy_with_six_trainings(folder: Path) -> Project:
    """Six seeds, one job each, that train for some seconds."""
    project = copy_for_cluster(folder)
    each_job_alone(project)
    project.edit("config/protocols/smoke.yaml", "seeds_per_job: all", "seeds_per_job: 1")
    project.edit("config/protocols/smoke.yaml", "sae: {epochs: 2,", "sae: {epochs: 50,")
    project.edit("workflow/scripts/pretrain.py", "\nlaunch(", f"{_GREED}\nlaunch(")
    return project


def model(project: Project, block: str) -> Path:
    """Weights of a training."""
    return project.folder / f"results/smoke/models/digits/sae/{block}/model.safetensors"


@dataclass
class Disturbed:
    """The run, and what happened to it.

    Attributes:
        orphan: number of the job that was left by a killed Snakemake.
        status: exit status of the run that followed.
        outage: which trainings ran while slurmctld was away.
    """

    project: Project
    cluster: Cluster
    orphan: str = ""
    status: int = -1
    outage: list[str] = field(default_factory=list)
    _crashed: str = ""

    def go(self) -> None:
        """Kill Snakemake, start again, disturb every training, and finish the tables."""
        self._leave_an_orphan()
        with self._small_disk():
            targets = [str(model(self.project, b).relative_to(self.project.folder)) for b in BLOCKS]
            process = clustrace_run(self.project, extra=targets, **SEEDS)
            try:
                self._disturb(process)
                self.status = process.wait(timeout=_PATIENCE)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    kill_group(process)
        self.cluster.start_node(self._crashed)

    def numbers(self, block: str) -> list[str]:
        """Numbers on the cluster of the jobs of a training, without the orphan."""
        numbers = slurm_jobs(self.project)[f"pretrain digits/sae/{block}"]
        return [number for number in numbers if number != self.orphan]

    def log(self, block: str) -> str:
        """Log of the last attempt at a training."""
        path = self.project.folder / f"results/smoke/logs/pretrain/digits/sae/{block}.log"
        return path.read_text()

    def _beat(self, block: str) -> Beat | None:
        folder = self.project.folder / "results/smoke/checkpoints/heartbeat"
        return read_beat(folder / f"pretrain-digits-sae-{block}.json")

    def _training(self, block: str) -> Beat | None:
        """Sign of life of a training that has taken gradient steps and runs."""
        beat = self._beat(block)
        return beat if beat and beat.steps and not beat.ended else None

    def _leave_an_orphan(self) -> None:
        target = str(model(self.project, SCANCEL).relative_to(self.project.folder))
        process = on_cluster(self.project, target, **SEEDS)
        wait_for(lambda: self._training(SCANCEL) is not None, seconds=_PATIENCE)
        kill_group(process)
        [self.orphan] = slurm_jobs(self.project)[f"pretrain digits/sae/{SCANCEL}"]

    def _disturb(self, process: subprocess.Popen[str]) -> None:
        pending = {
            SCANCEL: self._scancel,
            TIME: self._let_time_run_out,
            NODE: self._crash_node,
            PREEMPTION: self._preempt,
        }
        end = time.monotonic() + _PATIENCE
        while pending or not self._disk_was_full or not self.outage:
            assert process.poll() is None, output_of(self.project).read_text()[-6000:]
            assert time.monotonic() < end, f"waited in vain for {list(pending)}"
            for block in list(pending):
                beat = self._training(block)
                if beat and beat.slurm_job != self.orphan:
                    # SLURM wakes it when it takes it off, however fast the training is.
                    os.kill(beat.pid, signal.SIGSTOP)
                    pending.pop(block)(beat)
            running = [block for block in BLOCKS if self._training(block)]
            if not self.outage and not pending and running:
                self._restart_controller(running)
            self._look_at_disk()
            time.sleep(0.1)

    def _scancel(self, beat: Beat) -> None:
        call("scancel", beat.slurm_job)

    def _let_time_run_out(self, beat: Beat) -> None:
        """A training that stands still, with one minute left."""
        call("scontrol", "update", f"JobId={beat.slurm_job}", "TimeLimit=1")

    def _crash_node(self, beat: Beat) -> None:
        self._crashed = self._node(beat)
        self.cluster.crash_node(self._crashed)

    def _preempt(self, beat: Beat) -> None:
        where = ("-p", "urgent", "-w", self._node(beat), "--gres=gpu:1", "--mem=100")
        call("sbatch", *where, "-o", "/dev/null", "--wrap", "sleep 1")

    def _node(self, beat: Beat) -> str:
        return call("squeue", "-h", "-j", beat.slurm_job, "-o", "%N").strip()

    def _restart_controller(self, running: list[str]) -> None:
        self.outage = running
        self.cluster.stop_controller()
        time.sleep(_OUTAGE_SECONDS)
        self.cluster.start_controller()

    @property
    def _scratch(self) -> Path:
        return self.project.folder / f"results/smoke/checkpoints/digits/sae/{DISK}"

    _disk_was_full = False

    @contextlib.contextmanager
    def _small_disk(self) -> Iterator[None]:
        """A disk of 64 KiB where one training writes its checkpoints."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        call("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(self._scratch))
        try:
            yield
        finally:
            call("umount", "--lazy", str(self._scratch))

    def _look_at_disk(self) -> None:
        """Once the disk was full, somebody makes room."""
        beat = self._beat(DISK)
        if not self._disk_was_full and beat and "No space left" in beat.ended:
            self._disk_was_full = True
            call("mount", "-o", "remount,size=64m", str(self._scratch))
