"""Machine, versions and load under which a section is measured."""

from __future__ import annotations

import datetime
import os
import platform
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import psutil

from clustrace.bench.results import Circumstances
from clustrace.provenance.environment import describe_machine, describe_processor
from clustrace.provenance.git import describe_git

_PACKAGES = ("clustrace", "clustpy", "numpy", "scikit-learn", "snakemake", "torch")
_MATRIX_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_bf16")


@dataclass(frozen=True)
class Start:
    """Moment before a section.

    Attributes:
        date: UTC, ISO 8601.
        clock: seconds of a clock that only runs forward.
        load: processes that wanted to run, mean of the last minute.
        others: processor seconds of all other processes since the machine started.
    """

    date: str
    clock: float
    load: float
    others: float

    @classmethod
    def now(cls) -> Start:
        """This moment."""
        date = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        return cls(date, time.monotonic(), os.getloadavg()[0], _seconds_of_others())


def circumstances_since(start: Start, *, quick: bool) -> Circumstances:
    """Circumstances of a section that ends now."""
    import torch  # slow to import, and the command line needs this module

    processor, git = describe_processor(), describe_git()
    seconds = time.monotonic() - start.clock
    return Circumstances(
        date=start.date,
        seconds=seconds,
        quick=quick,
        machine=describe_machine(),
        cpu_capability=torch.backends.cpu.get_cpu_capability(),
        cpu_flags=tuple(flag for flag in _MATRIX_FLAGS if flag in processor.flags),
        usable_cores=processor.usable_cores,
        load_before=start.load,
        load_after=os.getloadavg()[0],
        cores_of_others=max(0.0, _seconds_of_others() - start.others) / seconds,
        python=platform.python_version(),
        versions=_versions(),
        commit=git.state.commit if git else None,
        edited=bool(git and git.state.dirty),
    )


def _seconds_of_others() -> float:
    """Processor seconds that neither this process and its ended children used nor nobody."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # Linux counts the time of guests in that of users, too.
    twice = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    own = os.times()
    return sum(times) - idle - twice - sum(own[:4])


def has_amx() -> bool:
    """Whether the processor multiplies bfloat16 matrices in hardware tiles (Intel AMX)."""
    return "amx_bf16" in describe_processor().flags


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
