"""Bytes of data and weights as DVC keeps them: in its cache, and on one remote.

DVC is used for bytes only. Its pointers say by md5 which bytes a path had; whether these are the
bytes that a job wrote is decided by the sha256 in the job's record, and by the callers of this
module.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clustrace.errors import ClustraceError, ConfigError, StorageError
from clustrace.files import write_text
from clustrace.provenance.families import Family
from clustrace.provenance.store_reader import StoreReader

# With a pointer to a folder without files DVC takes up single files, not all that lie in it.
_EMPTY_FOLDER = 'outs:\n- path: "{name}"\n  hash: md5\n'


class RemoteError(ClustraceError):
    """The remote that keeps the bytes of data and weights cannot be reached or used."""


class DvcStore:
    """DVC in this repository, with the remote that bytes go to and come from.

    Args:
        root: root of the repository.
        remote: name of a remote in DVC's configuration, or a folder or URL; None: DVC's default.

    Raises:
        ConfigError: there is no such remote, or no repository of git and DVC.
    """

    def __init__(self, root: Path, remote: str | None = None) -> None:
        self._log = _Log()
        self._root = root.absolute()
        config, name = _remote_config(remote)
        self._repo = self._open(config)
        remotes = self._repo.config["remote"]
        self._remote: str = name or self._repo.config["core"].get("remote", "")
        if self._remote not in remotes:
            known = ", ".join(sorted(remotes)) or "none"
            raise ConfigError(
                f"DVC has no remote {self._remote or 'by default'}; its remotes are: {known}. Name "
                "one of them, a folder or a URL, as in CLUSTRACE_REMOTE=ssh://host/folder."
            )
        self.place: str = remotes[self._remote]["url"]
        """Where the bytes lie, for people."""

    def _open(self, config: Mapping[str, Any], rev: str | None = None) -> Any:
        from dvc.exceptions import DvcException
        from dvc.repo import Repo
        from dvc.scm import SCMError

        try:
            return Repo(str(self._root), rev=rev, config=config)
        except (DvcException, SCMError) as error:
            raise ConfigError(
                f"DVC cannot work in {self._root} ({_text(error)}); call in a git clone of the "
                "project."
            ) from error

    def ignored(self, family: Family) -> bool:
        """True if git ignores the pointer of a family, so that none may be made."""
        return bool(self._repo.scm.is_ignored(str(self._root / family.pointer)))

    def add(self, family: Family, paths: Sequence[str]) -> bool:
        """Take files of a family into DVC's cache and into the family's pointer.

        Other files that the pointer stands for stay in it.

        Returns:
            True if the pointer changed.

        Raises:
            StorageError: DVC cannot.
        """
        pointer = self._root / family.pointer
        before = pointer.read_bytes() if pointer.exists() else None
        if before is None and not family.is_file:
            write_text(pointer, _EMPTY_FOLDER.format(name=Path(family.path).name))
        try:
            with self._sentences(StorageError, f"{family.path} cannot be added to DVC"):
                # Linked to the cache, files would be written anew and look newer than what was
                # made from them.
                self._repo.add([str(self._root / path) for path in paths], relink=False)
        finally:
            if before is None and pointer.exists() and b"md5:" not in pointer.read_bytes():
                pointer.unlink()
        return pointer.read_bytes() != before

    def push(self, family: Family) -> int:
        """Send what the remote lacks of a family.

        Returns:
            Number of objects that were sent.

        Raises:
            RemoteError: the remote cannot be reached, or DVC has not got what it is to send.
        """
        with self.at_remote(f"{family.path} cannot be sent to"):
            self._forget_false_list(family)
            sent: int = self._repo.push(str(self._root / family.pointer), remote=self._remote)
            if self._lacking(family):
                raise RemoteError(
                    f"DVC lacks bytes of {family.path} that its pointer names, and so does "
                    f"{self.place}; publish from the clone that has them."
                )
        return sent

    def _forget_false_list(self, family: Family) -> None:
        """Take a folder's list of files off a remote that has lost one of the files.

        DVC takes the list as proof that all its files are there, and would not send any again.
        """
        lacking = self._lacking(family)
        listed = self._out(family).hash_info.value
        if lacking and listed.endswith(".dir") and listed not in lacking:
            self._repo.cloud.get_remote_odb(self._remote).delete(listed)

    def _lacking(self, family: Family) -> set[str]:
        """Names of the objects of a family that the remote does not have."""
        out = self._out(family)
        wanted = {out.hash_info.value}
        if out.is_dir_checksum:
            wanted |= {entry.value for _, _, entry in out.get_dir_cache() or ()}
        remote = self._repo.cloud.get_remote_odb(self._remote)
        return wanted - set(remote.oids_exist(sorted(wanted)))

    def _out(self, family: Family) -> Any:
        (out,) = self._repo.find_outs_by_path(str(self._root / family.path))
        return out

    def keep_list(self, family: Family) -> None:
        """Take the list of a folder's files into DVC's cache, if the remote has it.

        Without the list, nothing could be added to the folder and sent to another remote later.

        Raises:
            RemoteError: the remote cannot be reached.
        """
        from dvc_data.hashfile.transfer import transfer

        out = self._out(family)
        cache = self._repo.cache.local
        if out.is_dir_checksum and not cache.exists(out.hash_info.value):
            with self.at_remote(f"The list of {family.path} cannot be fetched from"):
                transfer(self._repo.cloud.get_remote_odb(self._remote), cache, [out.hash_info])

    def reader(self) -> StoreReader:
        """The bytes that the pointers of the current commit stand for.

        Raises:
            RemoteError: the remote cannot be reached, or has nothing.
        """
        with self.at_remote("Nothing can be fetched from"):
            remote = self._repo.cloud.get_remote(self._remote)
            if not remote.fs.exists(remote.path):
                raise RemoteError(
                    f"The remote store {self.place} does not exist or has nothing; check the "
                    "address (`dvc remote list`, CLUSTRACE_REMOTE), or publish there first."
                )
        # As seen from a commit, a relative path would lead from the root of the file system.
        config = {
            "core": {"remote": self._remote},
            "remote": {self._remote: dict(self._repo.config["remote"][self._remote])},
            "cache": {"dir": self._repo.cache.local_cache_dir},
        }
        return StoreReader(self._open(config, rev="HEAD"), self.at_remote)

    @contextlib.contextmanager
    def _sentences(self, kind: type[ClustraceError], what: str) -> Iterator[None]:
        """Turn whatever DVC raises into one sentence."""
        self._log.lines.clear()
        try:
            yield
        except ClustraceError:
            raise
        # Below DVC lie asyncssh, botocore and others, each with its own exceptions.
        except Exception as error:
            reason = "; ".join(dict.fromkeys([*self._log.lines, _text(error)]))
            raise kind(
                f"{what} ({reason}); what was done is kept, so put that right and call again."
            ) from error

    def at_remote(self, what: str) -> contextlib.AbstractContextManager[None]:
        """Context in which DVC's errors become a sentence about the remote."""
        return self._sentences(RemoteError, f"{what} the remote store {self.place}")


def _remote_config(remote: str | None) -> tuple[Mapping[str, Any], str]:
    """Additions to DVC's configuration, and the name of the remote; empty for the default."""
    if remote is None or not any(mark in remote for mark in "/\\:"):
        return {}, remote or ""
    url = remote if "://" in remote else os.path.abspath(remote)
    # DVC remembers by name what a remote has: another place needs another name.
    name = f"clustrace-{hashlib.sha256(url.encode()).hexdigest()[:12]}"
    return {"remote": {name: {"url": url}}}, name


class _Log(logging.Handler):
    """Keeps the errors that DVC only logs, and keeps them off the screen."""

    def __init__(self) -> None:
        import dvc  # noqa: F401  its import sets up its loggers

        super().__init__()
        self.lines: list[str] = []
        for name in ("dvc", "dvc_data", "dvc_objects"):
            logger = logging.getLogger(name)
            logger.handlers = [self]
            logger.setLevel(logging.ERROR)
            logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _text(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
