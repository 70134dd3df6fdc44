"""The machine and the software that a job ran on, as far as they can change its bytes."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import platform
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import NonNegativeInt, PositiveInt

from clustrace.config.base import Model
from clustrace.files import sha256_file
from clustrace.provenance.base import Sha256

_LOCK = Path(__file__).resolve().parents[4] / "envs" / "lock.txt"
_CPUINFO = Path("/proc/cpuinfo")
_NVIDIA_DRIVER = Path("/sys/module/nvidia/version")
_DEBUG_MODES = ("default", "warn", "error")


class Processor(Model):
    """The central processor and the memory beside it."""

    model: str
    """Name that the processor gives itself; empty if the system does not tell."""
    flags: tuple[str, ...]
    """Instruction sets, sorted; numeric libraries choose their kernels by them."""
    cores: PositiveInt
    """Logical cores of the machine."""
    usable_cores: PositiveInt
    """Logical cores that this process may run on."""
    memory_mib: NonNegativeInt
    """Physical memory of the machine in MiB."""


class ThreadPool(Model):
    """A BLAS or OpenMP library that this process has loaded."""

    kind: str
    """`blas` or `openmp`."""
    library: str
    """Implementation, such as `openblas` or `libgomp`."""
    version: str | None
    architecture: str | None
    """Kernels that the library chose for this processor, if it tells."""
    threads: PositiveInt


class Cuda(Model):
    """The GPU that a job ran on."""

    name: str
    uuid: str
    driver: str | None
    """Version of the kernel driver; None if the system does not tell."""
    runtime: str | None
    """CUDA version that torch was built with."""
    cudnn: int | None
    """cuDNN version as torch counts it; None without cuDNN."""


class Cudnn(Model):
    """Flags of cuDNN, which hold whether or not there is a GPU."""

    enabled: bool
    deterministic: bool
    benchmark: bool
    allow_tf32: bool


class Torch(Model):
    """State of torch in this process."""

    version: str
    threads: PositiveInt
    """Threads inside one operation."""
    interop_threads: PositiveInt
    """Threads for operations side by side."""
    deterministic: Literal["default", "warn", "error"]
    """What torch does about algorithms that are not deterministic: use them, warn, or refuse."""
    matmul_precision: str
    """Precision of float32 matrix products inside: `highest` is float32 itself."""
    cudnn: Cudnn
    cublas_workspace: str | None
    """CUBLAS_WORKSPACE_CONFIG; cuBLAS repeats its results only with a workspace of fixed size."""
    mkldnn: bool
    """True if oneDNN kernels are available."""
    cuda: Cuda | None
    """The GPU; None for a job on the CPU."""


class Slurm(Model):
    """The SLURM job that this process belongs to."""

    job_id: str
    node: str | None
    """First 12 digits of the sha256 of the node's name."""


class Environment(Model):
    """Machine and software of a job."""

    device: str
    """Device that the job was asked to use."""
    threads: PositiveInt
    """Threads that the job was given."""
    python: str
    platform: str
    host: str
    """First 12 digits of the sha256 of the host's name: tells hosts apart, names none."""
    processor: Processor
    packages: dict[str, str]
    """Versions of all installed distributions by their normalised names, sorted."""
    lock_sha256: Sha256 | None
    """Hash of envs/lock.txt; None where the package is installed without its repository."""
    thread_pools: tuple[ThreadPool, ...]
    torch: Torch | None
    """None if the job has not loaded torch."""


def describe_environment(*, device: str, threads: int, lock: Path = _LOCK) -> Environment:
    """Describe this process and the machine below it.

    Call it after the work: libraries that are not loaded yet are not seen, and none is loaded
    for the description.

    Args:
        device: device of the job, such as ``cpu``, ``cuda`` or ``cuda:1``.
        threads: threads that the job was given.
        lock: lock file that the environment was installed from.
    """
    return Environment(
        device=device,
        threads=threads,
        python=platform.python_version(),
        platform=platform.platform(),
        host=_hashed(socket.gethostname()),
        processor=describe_processor(),
        packages=_packages(),
        lock_sha256=sha256_file(lock) if lock.is_file() else None,
        thread_pools=_thread_pools(),
        torch=_torch(device),
    )


def describe_processor(cpuinfo: Path = _CPUINFO) -> Processor:
    """Describe the processor; model and flags come from ``cpuinfo`` where the system has it."""
    import psutil  # Here, as readers of records want the models of this module only.

    facts: dict[str, str] = {}
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip(), value.strip())
    flags = facts.get("flags") or facts.get("Features") or ""  # x86 and ARM name them so
    cores = os.cpu_count() or 1
    affinity = getattr(os, "sched_getaffinity", None)  # macOS has none
    return Processor(
        model=facts.get("model name") or platform.processor(),
        flags=tuple(sorted(set(flags.split()))),
        cores=cores,
        usable_cores=len(affinity(0)) if affinity else cores,
        memory_mib=psutil.virtual_memory().total >> 20,
    )


def describe_machine() -> str:
    """The machine in a few words: processor, cores, memory."""
    processor = describe_processor()
    return (
        f"{processor.model or 'processor of unknown make'}, {processor.usable_cores} cores, "
        f"{processor.memory_mib / 1024:.0f} GiB of memory"
    )


@functools.cache
def _packages() -> dict[str, str]:
    versions: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        # The parser of the standard library reads the whole description and takes 20 times as
        # long, in every job.
        text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
        head = text.partition("\n\n")[0]
        name, version = (re.search(rf"^{key}: *(\S+)", head, re.M) for key in ("Name", "Version"))
        if name and version:  # a half-removed distribution has none
            # The first one found is the one that is imported.
            versions.setdefault(re.sub(r"[-_.]+", "-", name[1]).lower(), version[1])
    return dict(sorted(versions.items()))


def _thread_pools() -> tuple[ThreadPool, ...]:
    from threadpoolctl import threadpool_info

    pools = [
        ThreadPool(
            kind=pool["user_api"],
            # Several OpenBLAS and OpenMP builds can live in one process; the prefix tells which.
            library=pool["prefix"] if pool["user_api"] == "openmp" else pool["internal_api"],
            version=pool["version"],
            architecture=pool.get("architecture"),
            threads=pool["num_threads"],
        )
        for pool in threadpool_info()
    ]
    return tuple(sorted(pools, key=lambda pool: (pool.kind, pool.library, pool.version or "")))


def _torch(device: str) -> Torch | None:
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return None
    return Torch(
        version=str(torch.__version__),
        threads=torch.get_num_threads(),
        interop_threads=torch.get_num_interop_threads(),
        deterministic=_DEBUG_MODES[torch.get_deterministic_debug_mode()],
        matmul_precision=torch.get_float32_matmul_precision(),
        cudnn=Cudnn(**{flag: getattr(torch.backends.cudnn, flag) for flag in Cudnn.model_fields}),
        cublas_workspace=os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
        mkldnn=torch.backends.mkldnn.is_available(),
        cuda=_cuda(torch, device),
    )


def _cuda(torch: Any, device: str, driver: Path = _NVIDIA_DRIVER) -> Cuda | None:
    # Asking for a GPU's properties makes a context on it: only for a job that runs there.
    if not device.startswith("cuda") or not torch.cuda.is_available():
        return None
    properties = torch.cuda.get_device_properties(device)
    return Cuda(
        name=properties.name,
        uuid=str(properties.uuid),
        driver=driver.read_text().strip() if driver.is_file() else None,
        runtime=torch.version.cuda,
        cudnn=torch.backends.cudnn.version(),
    )


def describe_slurm(variables: Mapping[str, str] = os.environ) -> Slurm | None:
    """The SLURM job that this process belongs to; None outside SLURM."""
    if "SLURM_JOB_ID" not in variables:
        return None
    node = variables.get("SLURMD_NODENAME")
    return Slurm(job_id=variables["SLURM_JOB_ID"], node=_hashed(node) if node else None)


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:12]
