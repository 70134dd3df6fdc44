"""Files of an RO-Crate: those that lie in it, and those that it knows by their hash alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from clustrace.errors import StorageError
from clustrace.provenance.crate_graph import CrateGraph, Reference
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.lineage import NodeStatus
from clustrace.provenance.node_states import NodeStates

_FORMATS: Mapping[str, str] = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".diff": "text/x-diff",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
}
_BYTES = "application/octet-stream"


@dataclass
class CrateFiles:
    """Entities of files, each made once.

    A recorded file lies in the crate if it lies below the folder of the results, is what its
    record says, and is not too large. Any other is an entity with its path, size and hash.

    Attributes:
        graph: receives the entities.
        states: recorded files beside what is on disk.
        limit: largest size in bytes of a file in the crate; None: no limit.
        inside: file on disk of each file in the crate, by its path there.
        changed: recorded files below the folder that are not as recorded.
        too_large: recorded files that only the limit keeps out.
    """

    graph: CrateGraph
    states: NodeStates
    limit: int | None
    inside: dict[str, Path] = field(default_factory=dict)
    changed: dict[str, None] = field(default_factory=dict)
    too_large: dict[str, None] = field(default_factory=dict)

    def recorded(self, file: FileHash) -> Reference:
        """A file as a job read or wrote it.

        Raises:
            StorageError: it is there and cannot be read.
        """
        place = self._place(file.path)
        reason = "it lies outside the folder of these results"
        if place is not None:
            reason = self._obstacle(file)
        if place is not None and not reason:
            return self._add(place, self._root / file.path, file)
        return self.graph.add(
            f"#file/{quote(file.path)}/{file.sha256[:12]}",
            "File",
            name=file.path,
            sha256=file.sha256,
            contentSize=str(file.bytes),
            encodingFormat=_FORMATS.get(Path(file.path).suffix, _BYTES),
            description=f"Not in this crate: {reason}.",
        )

    def own(self, path: Path) -> Reference:
        """A file of the provenance below the folder, as it is on disk.

        Raises:
            StorageError: it is missing or cannot be read.
        """
        name = path.relative_to(self._root).as_posix()
        place = self._place(name)
        if place is None:
            raise StorageError(
                f"{path} lies outside {self._folder}; records refer to no such file."
            )
        try:
            size, sha256 = path.stat().st_size, self.states.hashes.sha256(path)
        except OSError as error:
            raise StorageError(
                f"{path} cannot be read ({error.strerror or error}), and records refer to it; "
                "restore it with git."
            ) from error
        return self._add(place, path, FileHash(path=name, sha256=sha256, bytes=size))

    def copied(self, place: str, source: Path) -> None:
        """A file from elsewhere in the repository of which the crate has a copy under ``place``."""
        self.inside[place] = source

    def _obstacle(self, file: FileHash) -> str:
        """Why a file below the folder is not in the crate; empty if it is."""
        status = self.states.file(file)
        if status is NodeStatus.MISSING:
            return "it is not there"
        if status is NodeStatus.CHANGED:
            self.changed[file.path] = None
            return "what lies under its path now has another content"
        if self.limit is not None and file.bytes > self.limit:
            self.too_large[file.path] = None
            return "it was left out for its size"
        return ""

    def _add(self, place: str, source: Path, file: FileHash) -> Reference:
        if place in self.inside:
            return Reference(quote(place))
        self.inside[place] = source
        return self.graph.add_file(
            place,
            name=place,
            sha256=file.sha256,
            contentSize=str(file.bytes),
            encodingFormat=_FORMATS.get(source.suffix, _BYTES),
        )

    def _place(self, path: str) -> str | None:
        """Path relative to the folder of the results; None outside it."""
        full = self._root / path
        inside = full.is_relative_to(self._folder) and ".." not in full.parts
        return full.relative_to(self._folder).as_posix() if inside else None

    @property
    def _root(self) -> Path:
        return self.states.lineage.root

    @property
    def _folder(self) -> Path:
        return self.states.lineage.folder
