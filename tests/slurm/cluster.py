"""A real SLURM on this machine: accounting, a node without and six with a pretended GPU.

All daemons are Debian's, run by root as plain processes, and keep their files in one folder. Only
/etc/slurm lies elsewhere, where the jobs' own Snakemake looks for the cluster: it has no other
place when the executor has cleared its environment.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.workflow.conftest import wait_for

from .configuration import ETC, NODES, Ports, write_configuration
from .processes import Daemon, end_leftovers, kill, kill_at_once, processes_of

PROGRAMS = ("munged", "mariadbd", "slurmdbd", "slurmctld", "slurmd", "sbatch")
PACKAGES = "munge slurmctld slurmd slurm-client slurmdbd mariadb-server"
ACCOUNT = "lab"


def unusable() -> str | None:
    """Why no cluster can be started on this machine; None if one can."""
    if missing := [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]:
        return f"{', '.join(missing)} missing; install {PACKAGES}"
    if os.geteuid() != 0:
        return "SLURM's daemons run jobs as other users, and need root"
    if (ETC / "slurm.conf").exists() and not (ETC / "slurm.conf").is_symlink():
        return f"{ETC / 'slurm.conf'} is that of another cluster"
    return None


# The database waits for the disk a hundred times as it is set up.
_MEMORY = Path("/dev/shm")
_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


class Cluster:
    """SLURM that runs.

    Attributes:
        folder: where its files lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ports = Ports.free()
        self._daemons: dict[str, Daemon] = {}

    @classmethod
    @contextlib.contextmanager
    def start(cls) -> Iterator["Cluster"]:
        """Run a cluster; there is one on a machine, so a second caller waits for the first."""
        folder = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
        folder /= "clustrace-slurm"
        folder.mkdir(mode=0o755, exist_ok=True)
        with (folder.parent / "clustrace-slurm.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            end_leftovers(folder)  # of a session that was killed
            shutil.rmtree(folder)
            cluster = cls(folder)
            try:
                cluster._up()
                yield cluster
            finally:
                cluster._down()

    def _up(self) -> None:
        write_configuration(self.folder, self._ports)
        self._run("munged", "--foreground", *self._munge())
        self._start_database()
        wait_for((self.folder / "munge/socket").exists, seconds=30)
        self._run("slurmdbd", "-D")
        wait_for(lambda: answers("sacctmgr", "-n", "show", "cluster"), seconds=60)
        for words in (
            ("cluster", "clustrace"),
            ("account", ACCOUNT),
            ("user", "root", f"account={ACCOUNT}"),
        ):
            call("sacctmgr", "-i", "add", *words)
        self.start_controller()
        for node in NODES:
            self.start_node(node)
        wait_for(self.idle, seconds=60)

    def _down(self) -> None:
        if answers("squeue", "-h"):
            call("scancel", "--quiet", "--user=root", "--full")
            with contextlib.suppress(AssertionError):
                wait_for(lambda: not call("squeue", "-h"), seconds=20)
        for process in processes_of(None, {"slurmstepd: ["}):
            kill(process)
        for name in reversed(list(self._daemons)):
            self._daemons.pop(name).stop()
        for name in ("slurm.conf", "gres.conf", "cgroup.conf", "slurmdbd.conf"):
            (ETC / name).unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str, name: str = "") -> None:
        name = name or program
        path = shutil.which(program, path=_PATH)
        assert path is not None
        self._daemons[name] = Daemon.start(self.folder, name, [path, *arguments])

    def _munge(self) -> list[str]:
        folder = self.folder / "munge"
        key = folder / "key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        names = {"socket": "socket", "key-file": "key", "pid-file": "pid"}
        names |= {"log-file": "log", "seed-file": "seed"}
        return [f"--{option}={folder / name}" for option, name in names.items()]

    def _start_database(self) -> None:
        data = self.folder / "database"
        call(
            "mariadb-install-db",
            "--no-defaults",
            "--user=root",
            f"--datadir={data}",
            "--skip-test-db",
        )
        self._run(
            "mariadbd",
            "--no-defaults",
            "--user=root",
            f"--datadir={data}",
            f"--socket={self.folder / 'database.socket'}",
            f"--pid-file={self.folder / 'database.pid'}",
            "--bind-address=127.0.0.1",
            f"--port={self._ports.database}",
            f"--init-file={self.folder / 'database.sql'}",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-file-size=32M",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-lock-wait-timeout=900",
        )
        wait_for(lambda: (self.folder / "database.socket").exists(), seconds=60)

    def start_controller(self) -> None:
        """Start slurmctld, or start it again, with what it knew."""
        self._run("slurmctld", "-D")

    def stop_controller(self) -> None:
        """End slurmctld; running jobs run on."""
        self._daemons.pop("slurmctld").stop()

    def start_node(self, node: str) -> None:
        """Start the slurmd of a node."""
        self._run("slurmd", "-D", "-N", node, name=f"slurmd.{node}")

    def crash_node(self, node: str) -> None:
        """Kill a node's slurmd and all that runs on it, as when its power fails."""
        jobs = call("squeue", "-h", "-w", node, "-t", "R,CG", "-o", "%A").split()
        steps = {f"slurmstepd: [{job}." for job in jobs}
        daemon = self._daemons.pop(f"slurmd.{node}")
        kill_at_once(processes_of(daemon.process.pid, steps))
        daemon.process.wait()

    def idle(self) -> bool:
        """Whether all nodes are there and without work."""
        states = call("sinfo", "-h", "-N", "-o", "%N %t", check=False).split()[1::2]
        return len(states) >= len(NODES) and set(states) == {"idle"}

    def log(self, name: str) -> str:
        """What a daemon wrote."""
        return (self.folder / f"{name}.log").read_text(errors="replace")


def answers(*command: str) -> bool:
    """Whether a command succeeds."""
    return subprocess.run(command, capture_output=True, timeout=60).returncode == 0


def call(*command: str, check: bool = True) -> str:
    """Output of a command of SLURM."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 or not check, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def accounted(job: str, *fields: str) -> list[str]:
    """What the accounting has of a job."""
    command = ("sacct", "-X", "-n", "-P", "-j", job, "-o", ",".join(fields))
    return call(*command).removesuffix("\n").split("|")
