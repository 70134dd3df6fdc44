"""Snakemake as a subprocess: started apart from the terminal, followed, and stopped once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.2


@dataclass
class Stop:
    """What the user asked for by Ctrl-C or ``kill``.

    Attributes:
        signal: the first signal that came; None as long as none did.
        times: how many came.
    """

    signal: int | None = None
    times: int = 0


@contextlib.contextmanager
def stop_signals() -> Iterator[Stop]:
    """Note SIGINT, SIGTERM and SIGHUP inside the block instead of ending at once."""
    stop = Stop()

    def note(number: int, _: object) -> None:
        stop.signal = stop.signal or number
        stop.times += 1

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup sets that
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def snakemake_command(*arguments: str) -> list[str]:
    """Command that calls the Snakemake of this Python environment."""
    return [sys.executable, "-m", "snakemake", *arguments]


@dataclass(frozen=True)
class Supervisor:
    """Runs commands until they end, their output in a file.

    The file, not a pipe, takes the output, so that a command can go on whatever happens to this
    process. Each has a session of its own: Ctrl-C reaches it only through this process, once,
    together with its jobs.

    Attributes:
        root: folder to run in.
        log: file that output is appended to.
        stop: watched for the user's wish to stop.
    """

    root: Path
    log: Path
    stop: Stop

    def run(self, command: Sequence[str], on_lines: Callable[[list[str]], None]) -> int:
        """Run a command.

        Args:
            command: program and arguments.
            on_lines: called several times a second with the lines that are new, often none.

        Returns:
            Exit status; negative if a signal ended it.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output, self.log.open("rb") as tail:
            tail.seek(0, os.SEEK_END)
            process = subprocess.Popen(
                command,
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(),
            )
            forwarded, rest = False, b""
            while (status := process.poll()) is None:
                if self.stop.signal is not None and not forwarded:
                    _interrupt(process.pid)
                    forwarded = True
                *lines, rest = (rest + tail.read()).split(b"\n")
                on_lines(_texts(lines))
                time.sleep(_POLL_SECONDS)
            if status < 0:
                _interrupt(
                    process.pid
                )  # Its jobs would run on without anyone to take their results.
            on_lines(_texts((rest + tail.read()).splitlines()))
        return status


def _environment() -> dict[str, str]:
    """Environment in which hooks of the Snakefile find ``clustrace``, even outside the venv."""
    folder = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": os.pathsep.join((folder, os.environ.get("PATH", os.defpath)))}


def _texts(lines: Sequence[bytes]) -> list[str]:
    return [line.decode("utf-8", errors="replace") for line in lines]


def _interrupt(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGINT)
