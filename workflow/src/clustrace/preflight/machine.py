"""Checks of this machine: threads, memory, disk, GPU."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from clustrace.config.experiment import Experiment
from clustrace.estimate.totals import PlanEstimate
from clustrace.preflight.commands import CommandError, run
from clustrace.preflight.finding import Finding, failed, ok, warning
from clustrace.provenance.environment import describe_processor

#: Outputs, checkpoints of the trainings under way, logs.
_DISK_MARGIN = 1.5
_SPARE_BYTES = 1e9
_SECONDS_FOR_TORCH = 60.0
_GPU_SEEN = (
    "import torch\n"
    "torch.zeros(1, device='cuda')\n"
    "print(torch.cuda.get_device_name(), 'with CUDA', torch.version.cuda)"
)


def machine_findings(
    experiment: Experiment, estimate: PlanEstimate, *, on_cluster: bool
) -> Iterator[Finding]:
    """Whether this machine, or the disk that it shares with a cluster, suits a plan.

    Args:
        experiment: what is to be run.
        estimate: what it takes, on the cores that are here.
        on_cluster: whether jobs run elsewhere.
    """
    if not on_cluster:
        yield _threads(experiment.threads)
        yield _memory(estimate)
        if experiment.settings.device == "cuda":
            yield _gpu()
    yield _disk(experiment.root, estimate)


def _threads(threads: int) -> Finding:
    cores = len(os.sched_getaffinity(0))
    given = os.environ.get("OMP_NUM_THREADS")
    if threads > cores:
        return warning(
            "threads",
            f"Trainings are to use {threads} threads, but this process may use {cores} "
            f"core{'s' if cores > 1 else ''}, which makes them several times slower; set "
            f"threads={cores} or fewer.",
        )
    if given and (not given.isdigit() or int(given) < threads):
        return warning(
            "threads",
            f"OMP_NUM_THREADS={given} allows fewer threads than the {threads} that trainings are "
            f"to use; set it to {threads}, or unset it.",
        )
    return ok("threads", f"{threads} a training, {cores} cores")


def _memory(estimate: PlanEstimate) -> Finding:
    total = describe_processor().memory_mib
    largest, together = estimate.total.peak_memory_mib, estimate.memory_at_a_time_mib
    if largest > total:
        return failed(
            "memory",
            f"The largest job takes about {largest:,.0f} MiB, and this machine has {total:,}; "
            "restrict `datasets`, or run it on another machine.",
        )
    if together > total:
        return warning(
            "memory",
            f"Jobs side by side take up to {together:,.0f} MiB, and this machine has {total:,}; "
            "run with fewer --cores.",
        )
    return ok("memory", f"{total:,} MiB; jobs take up to {together:,.0f} MiB together")


def _disk(root: Path, estimate: PlanEstimate) -> Finding:
    free = shutil.disk_usage(root).free
    needed = _DISK_MARGIN * estimate.total.bytes + _SPARE_BYTES
    have, want = f"{free / 1e9:,.1f} GB are free", f"up to {needed / 1e9:,.1f} GB are needed"
    if free < needed:
        return failed("disk", f"{have} where {root.absolute()} lies, and {want}; free some space.")
    return ok("disk", f"{have}, {want}")


def _gpu() -> Finding:
    try:
        answer = run(sys.executable, "-c", _GPU_SEEN, seconds=_SECONDS_FOR_TORCH)
    except CommandError as error:
        return failed("gpu", f"torch does not tell whether it sees a GPU ({error})")
    if answer.status != 0:
        return failed(
            "gpu",
            f"device=cuda, but torch sees no GPU here ({answer.complaint}); set device=cpu, or "
            "run where there is one.",
        )
    return ok("gpu", answer.output.strip())
