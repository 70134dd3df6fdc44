"""Asking other programs, never for longer than a given time."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from clustrace.errors import ClustraceError


class CommandError(ClustraceError):
    """A program gave no answer; says which, and why."""


class MissingCommandError(CommandError):
    """This machine has no such program."""


class SlowCommandError(CommandError):
    """A program did not answer in time."""


@dataclass(frozen=True)
class Answer:
    """What a program said.

    Attributes:
        status: its exit status.
        output: standard output.
        error: standard error.
    """

    status: int
    output: str
    error: str

    @property
    def complaint(self) -> str:
        """Last line that is not empty on standard error, or else on standard output."""
        lines = [line for line in f"{self.output}\n{self.error}".splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"exit status {self.status}"


def has(program: str) -> bool:
    """Whether this machine has a program."""
    return shutil.which(program) is not None


def run(*command: str, seconds: float = 10.0, folder: Path | None = None) -> Answer:
    """Run a program with its children until it ends, or for so many seconds.

    Raises:
        MissingCommandError: there is no such program.
        SlowCommandError: it was still running, and was killed.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        raise MissingCommandError(
            f"{command[0]} cannot be run ({error.strerror or error})."
        ) from error
    try:
        output, complaint = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # Its children too, which would keep its output open.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise SlowCommandError(f"{command[0]} gave no answer in {seconds:.0f} s.") from None
    return Answer(process.returncode, output, complaint)


def ask(*command: str, seconds: float = 10.0) -> str:
    """Standard output of a program that succeeds.

    Raises:
        CommandError: there is no such program, it does not answer in time, or it fails.
    """
    answer = run(*command, seconds=seconds)
    if answer.status != 0:
        raise CommandError(f"{command[0]} failed: {answer.complaint}")
    return answer.output


def inside(error: CommandError) -> str:
    """An error's sentence as a part of another one."""
    return str(error).removesuffix(".")
