"""Entry of every job: in a process forked from one that has imported everything, or in its own.

Python, torch and scikit-learn take about four seconds to start, longer than many jobs of a small
protocol work. The workflow therefore keeps a process with all imports done (see
:mod:`clustrace.stages.preloaded`), and a job is a fork of it. Where there is none, on a cluster's
node for example, the job imports what it needs itself; the results are the same.

Only the standard library is imported here, since this is what every job pays.
"""

from __future__ import annotations

import array
import contextlib
import importlib
import os
import pickle
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Any

#: Environment variable with the address of the preloaded process.
ADDRESS = "CLUSTRACE_PRELOADED"
NUMBER = struct.Struct("<i")
LENGTH = struct.Struct("<q")


def address_here(path: str) -> str:
    """Address of a preloaded process on this machine, of use only inside the same SLURM job."""
    return f"{os.environ.get('SLURM_JOB_ID', '')}@{path}"


def launch(snakemake: Any, stage: str) -> None:
    """Do the work of one Snakemake job; the process ends with a non-zero status if it failed.

    Args:
        snakemake: the object that Snakemake defines in scripts.
        stage: function that does the work, as ``module:function``.
    """
    server = _connect()
    if server is None:
        run_here(snakemake, stage)
        return
    with server:
        status = _run_there(server, snakemake, stage)
    if status is None:
        sys.exit("The process that jobs are forked from has ended; start the workflow again.")
    if status:
        sys.exit(status if status > 0 else 128 - status)


def run_here(snakemake: Any, stage: str) -> None:
    """Do the work in this process."""
    from clustrace.stages.running import run_job

    module, _, function = stage.partition(":")
    run_job(snakemake, getattr(importlib.import_module(module), function))


def _connect() -> socket.socket | None:
    place, _, path = os.environ.get(ADDRESS, "").partition("@")
    if not path or place != os.environ.get("SLURM_JOB_ID", ""):
        return None
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        server.connect(path)
    except OSError:
        server.close()
        return None
    return server


def _run_there(server: socket.socket, snakemake: Any, stage: str) -> int | None:
    """Exit status of the fork, negative for a signal; None if the server is gone."""
    request = pickle.dumps((snakemake, stage, os.getcwd(), dict(os.environ)))
    streams = array.array("i", [1, 2])
    server.sendmsg([LENGTH.pack(len(request))], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
    server.sendall(request)
    process = _number(server)
    if process is None:
        return None
    with _forwarding(process):
        return _number(server)


def _number(server: socket.socket) -> int | None:
    try:
        received = server.recv(NUMBER.size, socket.MSG_WAITALL)
    except ConnectionError:
        return None
    return NUMBER.unpack(received)[0] if len(received) == NUMBER.size else None


@contextlib.contextmanager
def _forwarding(process: int) -> Iterator[None]:
    """Hand signals on to the fork, and wait for how it ends."""

    def forward(number: int, _: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, forward) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
