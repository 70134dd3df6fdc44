"""Daemons as processes: started, noted by number, ended by number."""

import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

_SECONDS_TO_END = 20


@dataclass
class Daemon:
    """A daemon in the foreground of a session of its own."""

    note: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, folder: Path, name: str, command: list[str]) -> "Daemon":
        """Start it; its number is noted for a session that finds it running."""
        with (folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "LC_ALL": "C"},
            )
        note = folder / f"{name}.process"
        note.write_text(f"{process.pid} {Path(command[0]).name}")
        return cls(note, process)

    def stop(self) -> None:
        """End it, by force if it does not answer."""
        self.process.terminate()
        try:
            self.process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.note.unlink(missing_ok=True)


def end_leftovers(folder: Path) -> None:
    """End what daemons, and steps of jobs, a killed session has left."""
    for note in folder.glob("*.process"):
        number, _, program = note.read_text().partition(" ")
        with contextlib.suppress(psutil.Error):
            daemon = psutil.Process(int(number))
            if daemon.name() == program:
                for process in processes_of(daemon.pid, set()):
                    kill(process)
        for process in processes_of(None, {"slurmstepd: ["} if program == "slurmd" else set()):
            kill(process)


def processes_of(number: int | None, steps: set[str]) -> list[int]:
    """A process with all that descend from it, and the trees of the job steps with these titles.

    Steps leave the tree of the daemon that started them.
    """
    trees = [] if number is None else [psutil.Process(number)]
    for process in psutil.process_iter(["cmdline"]) if steps else ():
        title = " ".join(process.info["cmdline"] or ())
        if any(title.startswith(step) for step in steps):
            trees.append(process)
    return [p.pid for tree in trees for p in (*tree.children(recursive=True), tree)]


def kill(number: int) -> None:
    """SIGKILL to a process that may be gone."""
    _send(number, signal.SIGKILL)


def kill_at_once(numbers: list[int]) -> None:
    """SIGKILL to processes, none of which lives to see that another died.

    Parents are held first: one that is still running would report its child's end.

    Args:
        numbers: children before their parents, as ``processes_of`` has them.
    """
    for number in reversed(numbers):
        _send(number, signal.SIGSTOP)
    for number in numbers:
        kill(number)


def _send(number: int, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, which)
