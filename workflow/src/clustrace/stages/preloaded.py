"""A process with all imports done, from which the jobs of one Snakemake are forked.

It belongs to one run of Snakemake, here or on a node: started with it, and gone within a second of
its end. It imports at the first request, so a run with nothing to do costs nothing, unless it is
known that there will be one.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import importlib
import os
import pickle
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, NoReturn

import clustrace
from clustrace.provenance.code_identity import CodeIndex, code_index
from clustrace.stages.launch import ADDRESS, LENGTH, NUMBER, address_here, run_here

_POLL_SECONDS = 0.5

# Without these, numerical libraries start threads as they are imported, and a fork has none of
# them. Each job sets the number of its own.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)


def start(*, at_once: bool = False) -> None:
    """Start the process for the run that this process leads, and tell the jobs where it is.

    Args:
        at_once: import before the first request.
    """
    folder = tempfile.mkdtemp(prefix="clustrace-")  # Paths of sockets must be short.
    path = str(Path(folder) / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(64)
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", __name__),
                *(path, str(listener.fileno()), str(os.getpid()), *(["at-once"] * at_once)),
            ],
            pass_fds=[listener.fileno()],
            env={**os.environ, **_ONE_THREAD},
            stdin=subprocess.DEVNULL,
        )
    atexit.register(_end, server)
    os.environ[ADDRESS] = address_here(path)


def _end(server: subprocess.Popen[bytes]) -> None:
    """Leave no process behind; a leader that is killed leaves it to the server to notice."""
    server.terminate()
    server.wait()


class _Server:
    """Forks a process for each connection and reports how it ended.

    Args:
        listener: socket that connections come in on.
        leader: process that leads the run; the server ends with it.
    """

    def __init__(self, listener: socket.socket, leader: int) -> None:
        self._listener, self._leader = listener, leader
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        # The end of a job interrupts the waiting for connections.
        self._ended, woken = socket.socketpair()
        woken.setblocking(False)
        self._ended.setblocking(False)
        self._woken = woken
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._ended, selectors.EVENT_READ)
        self._jobs: dict[int, socket.socket] = {}
        self._loaded = False
        self._asked_to_end = False

    def serve(self, *, at_once: bool) -> None:
        """Serve until the run is over; after SIGTERM until the last job has ended."""
        signal.signal(signal.SIGTERM, self._terminated)
        try:
            if at_once:
                self._load()
            while os.getppid() == self._leader and (self._jobs or not self._asked_to_end):
                for key, _ in self._selector.select(_POLL_SECONDS):
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.fileobj is self._ended:
                        self._ended.recv(4096)
                    else:
                        self._abandoned(key.fileobj)
                self._reap()
        finally:
            for process in self._jobs:
                _kill(process, signal.SIGTERM)

    def _terminated(self, number: int, _: object) -> None:
        """Hand it on: clusters end all processes of a job, and trainings write a checkpoint."""
        self._asked_to_end = True
        if not self._jobs:
            sys.exit()
        for process in self._jobs:
            _kill(process, number)

    def _load(self) -> None:
        if not self._loaded:
            _load()
            self._loaded = True

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        request, streams = _receive(client)
        self._load()
        process = os.fork()
        if process == 0:
            self._leave()
            _become_job(request, streams)
        for stream in streams:
            os.close(stream)
        self._jobs[process] = client
        client.sendall(NUMBER.pack(process))
        self._selector.register(client, selectors.EVENT_READ)

    def _leave(self) -> None:
        """Let go, inside a fork, of what belongs to the server."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._selector.close()
        for connection in (self._listener, self._ended, self._woken, *self._jobs.values()):
            connection.close()

    def _abandoned(self, client: Any) -> None:
        """The process that asked for a job was killed, so the job is to end as well."""
        self._selector.unregister(client)
        for process, of in self._jobs.items():
            if of is client:
                _kill(process, signal.SIGKILL)

    def _reap(self) -> None:
        for process, client in list(self._jobs.items()):
            found, status = os.waitpid(process, os.WNOHANG)
            if found:
                with contextlib.suppress(OSError):
                    client.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))
                with contextlib.suppress(KeyError):
                    self._selector.unregister(client)
                client.close()
                del self._jobs[process]


def _receive(client: socket.socket) -> tuple[bytes, list[int]]:
    """A request and the streams for its output."""
    streams = array.array("i", [0, 0])
    size = socket.CMSG_SPACE(len(streams) * streams.itemsize)
    head, ancillary, *_ = client.recvmsg(LENGTH.size, size, socket.MSG_WAITALL)
    [(_, _, data)] = ancillary
    streams = array.array("i", data)
    (length,) = LENGTH.unpack(head)
    return client.recv(length, socket.MSG_WAITALL), list(streams)


def _load() -> None:
    """Import every module that a job may need.

    The identity of the code is taken before and after, as the jobs state it of what they run.
    """
    before = _digests(code_index())
    for module in before:
        if module.split(".")[1:2] not in ([], ["cli"], ["bench"]) and module != __name__:
            importlib.import_module(module)
    # Two imports that come late: of the object that requests hold, and of torch's first optimiser.
    for module in ("snakemake.iocontainers", "torch._dynamo"):
        importlib.import_module(module)
    if _digests(CodeIndex()) != before:
        sys.exit("The code was edited as the workflow started; start it again.")


def _digests(index: CodeIndex) -> dict[str, str]:
    names = [m.name for m in pkgutil.walk_packages(clustrace.__path__, "clustrace.")]
    return dict(index.identity(*names).modules)


def _become_job(request: bytes, streams: list[int]) -> NoReturn:
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for target, stream in enumerate(streams, start=1):
            os.dup2(stream, target)
        snakemake, stage, folder, environment = pickle.loads(request)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        run_here(snakemake, stage)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for output in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                output.flush()
        # Not sys.exit: the handlers at exit are the server's.
        os._exit(status)


def _kill(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def main(path: str, listener: str, leader: str, *when: str) -> None:
    """Serve on a socket that is open already."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the jobs.
    try:
        with socket.socket(fileno=int(listener)) as opened:
            _Server(opened, int(leader)).serve(at_once=bool(when))
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
            os.rmdir(os.path.dirname(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
