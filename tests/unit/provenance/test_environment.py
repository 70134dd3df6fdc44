"""Description of machine and software, with stand-ins for what this machine does not have."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import threadpoolctl

from clustrace.provenance import environment
from clustrace.provenance.environment import (
    describe_environment,
    describe_processor,
    describe_slurm,
)


def fake_torch(*, gpu: bool) -> Any:
    """What of torch the description reads."""

    def properties(device: str) -> SimpleNamespace:
        return SimpleNamespace(name=f"GPU at {device}", uuid="1234-abcd")

    return SimpleNamespace(
        __version__="9.9.0+test",
        get_num_threads=lambda: 3,
        get_num_interop_threads=lambda: 5,
        get_deterministic_debug_mode=lambda: 2,
        get_float32_matmul_precision=lambda: "highest",
        cuda=SimpleNamespace(is_available=lambda: gpu, get_device_properties=properties),
        version=SimpleNamespace(cuda="12.4"),
        backends=SimpleNamespace(
            mkldnn=SimpleNamespace(is_available=lambda: False),
            cudnn=SimpleNamespace(
                version=lambda: 90100,
                enabled=True,
                deterministic=True,
                benchmark=False,
                allow_tf32=True,
            ),
        ),
    )


def test_description_of_this_process() -> None:
    found = describe_environment(device="cpu", threads=2)
    assert (found.device, found.threads) == ("cpu", 2)
    assert found.python == platform.python_version()
    assert 1 <= found.processor.usable_cores <= found.processor.cores
    assert found.processor.memory_mib > 100
    assert found.packages["numpy"] == importlib.metadata.version("numpy")
    assert found.packages["scikit-learn"] == importlib.metadata.version("scikit-learn")
    assert list(found.packages) == sorted(found.packages)


def test_host_is_named_by_hash_only() -> None:
    found = describe_environment(device="cpu", threads=1)
    assert found.host == hashlib.sha256(socket.gethostname().encode()).hexdigest()[:12]


def test_lock_file_is_hashed(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    assert describe_environment(device="cpu", threads=1, lock=lock).lock_sha256 is None
    lock.write_bytes(b"numpy==2.0\n")
    expected = hashlib.sha256(b"numpy==2.0\n").hexdigest()
    assert describe_environment(device="cpu", threads=1, lock=lock).lock_sha256 == expected


def test_lock_of_the_repository_is_found() -> None:
    lock = Path(__file__).parents[3] / "envs/lock.txt"
    expected = hashlib.sha256(lock.read_bytes()).hexdigest()
    assert describe_environment(device="cpu", threads=1).lock_sha256 == expected


@pytest.mark.parametrize(
    ("cpuinfo", "model", "flags"),
    [
        ("model name\t: Fast 9000\nflags\t\t: sse avx2\n\nmodel name\t: Slow\n", "Fast 9000",
         ("avx2", "sse")),
        ("model name\t: Arm One\nFeatures\t: fp asimd\n", "Arm One", ("asimd", "fp")),
        (None, platform.processor(), ()),
    ],
)  # fmt: skip
def test_processor(tmp_path: Path, cpuinfo: str | None, model: str, flags: tuple[str]) -> None:
    path = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        path.write_text(cpuinfo, encoding="utf-8")
    found = describe_processor(path)
    assert (found.model, found.flags) == (model, flags)


def test_processor_without_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    found = describe_processor()
    assert found.usable_cores == found.cores


def test_torch_is_described_only_if_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert describe_environment(device="cpu", threads=1).torch is None
    assert "torch" not in sys.modules


def test_torch_on_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", fake_torch(gpu=True))
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    found = describe_environment(device="cpu", threads=1).torch
    assert found is not None
    assert (found.version, found.threads) == ("9.9.0+test", 3)
    assert (found.deterministic, found.mkldnn) == ("error", False)
    assert (found.interop_threads, found.matmul_precision) == (5, "highest")
    assert found.cublas_workspace == ":4096:8"
    flags = found.cudnn
    assert (flags.deterministic, flags.benchmark, flags.allow_tf32) == (True, False, True)
    assert found.cuda is None


@pytest.mark.parametrize("gpu", [True, False])
def test_torch_on_gpu(monkeypatch: pytest.MonkeyPatch, gpu: bool) -> None:
    monkeypatch.setitem(sys.modules, "torch", fake_torch(gpu=gpu))
    found = describe_environment(device="cuda:1", threads=1).torch
    assert found is not None
    assert (found.cuda is not None) == gpu
    if found.cuda is not None:
        assert (found.cuda.name, found.cuda.uuid) == ("GPU at cuda:1", "1234-abcd")
        assert (found.cuda.runtime, found.cuda.cudnn) == ("12.4", 90100)


def test_driver_of_the_gpu(tmp_path: Path) -> None:
    driver = tmp_path / "version"
    without = environment._cuda(fake_torch(gpu=True), "cuda", driver)
    driver.write_text("550.54.14\n", encoding="utf-8")
    found = environment._cuda(fake_torch(gpu=True), "cuda", driver)
    assert without is not None and without.driver is None
    assert found is not None and found.driver == "550.54.14"


def test_thread_pools_carry_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    blas = {"user_api": "blas", "internal_api": "openblas", "prefix": "libscipy_openblas",
            "version": "0.3.30", "architecture": "Haswell", "num_threads": 4,
            "filepath": "/somewhere/libscipy_openblas.so"}  # fmt: skip
    openmp = {"user_api": "openmp", "internal_api": "openmp", "prefix": "libgomp",
              "version": None, "num_threads": 2, "filepath": "/somewhere/libgomp.so"}  # fmt: skip
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [openmp, blas])
    found = describe_environment(device="cpu", threads=1).thread_pools
    assert [(pool.library, pool.version, pool.threads) for pool in found] == [
        ("openblas", "0.3.30", 4),
        ("libgomp", None, 2),
    ]
    assert found[0].architecture == "Haswell"
    assert "/somewhere" not in str(found)


def test_slurm_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "42")
    monkeypatch.setenv("SLURMD_NODENAME", "gpu01")
    found = describe_slurm()
    assert found is not None
    assert found.job_id == "42"
    assert found.node == hashlib.sha256(b"gpu01").hexdigest()[:12]
    monkeypatch.delenv("SLURM_JOB_ID")
    assert describe_slurm() is None


def test_package_loads_without_torch() -> None:
    command = "import sys, clustrace.provenance.record; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0


def test_machine_in_a_few_words() -> None:
    found = describe_processor()
    words = environment.describe_machine()
    assert str(found.usable_cores) in words
    assert socket.gethostname() not in words


def test_packages_are_those_that_the_standard_library_finds() -> None:
    found = describe_environment(device="cpu", threads=1).packages
    names = {d.metadata["Name"] for d in importlib.metadata.distributions()} - {None}
    assert len(found) >= len({name.lower().replace("_", "-").replace(".", "-") for name in names})
    for name in names:
        normalised = name.lower().replace("_", "-").replace(".", "-")
        assert found[normalised] == importlib.metadata.version(name)
