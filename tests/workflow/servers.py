"""An SSH server on this machine, as tests start it: own keys, free port, no privileges needed."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import wait_for

SSHD = "/usr/sbin/sshd"


class SshServer:
    """Debian's openssh-server, reachable from this machine only.

    Attributes:
        folder: where a store lies on the server.
        url: address of that folder.
    """

    def __init__(self, process: subprocess.Popen[bytes], home: Path, port: int) -> None:
        self._process, self._key = process, home / "user"
        self.folder = home / "store"
        self.url = f"ssh://{getpass.getuser()}@127.0.0.1:{port}{self.folder}"

    @classmethod
    @contextlib.contextmanager
    def start(cls, home: Path) -> Iterator["SshServer"]:
        """Run a server, its keys and files below ``home``; skip the test where there is none."""
        if not Path(SSHD).exists():
            skip_or_fail(f"{SSHD} is missing; install openssh-server")
        home.mkdir(mode=0o700)
        for name in ("host", "user"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / name)]
            subprocess.run(command, check=True)
        shutil.copy(home / "user.pub", home / "authorized_keys")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (home / "config").write_text(_configuration(home, port))
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd, started by root, insists on it.
        log = (home / "log").open("wb")
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(home / "config")], stderr=log)
        server = cls(process, home, port)
        try:
            wait_for(lambda: b"Server listening" in (home / "log").read_bytes(), seconds=30)
            yield server
        finally:
            server.stop()
            log.close()

    def configure(self, repository: Path) -> None:
        """Make the server the remote ``server`` of a repository."""
        (repository / ".dvc/config.local").write_text(
            f"['remote \"server\"']\nurl = {self.url}\nkeyfile = {self._key}\n"
        )

    def stop(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait(timeout=30)


def _configuration(home: Path, port: int) -> str:
    return f"""\
Port {port}
ListenAddress 127.0.0.1
HostKey {home / "host"}
PidFile {home / "pid"}
AuthorizedKeysFile {home / "authorized_keys"}
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
Subsystem sftp internal-sftp
"""


def skip_or_fail(reason: str) -> None:
    """Skip, or fail where the servers must be there, as in CI."""
    if os.environ.get("CLUSTRACE_REQUIRE_SERVERS"):
        pytest.fail(f"{reason} (CLUSTRACE_REQUIRE_SERVERS is set)")
    pytest.skip(reason)
