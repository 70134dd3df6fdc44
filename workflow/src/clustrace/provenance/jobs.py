"""All jobs that a folder of records tells of: their files, and where each record stands.

Records are read as far as the lineage needs them, from the files that stand now, from the
histories of earlier runs, and from the records of other folders that are kept as objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeFloat, ValidationError

from clustrace.files import sha256_bytes
from clustrace.provenance.base import Sha256
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.record import Record, parse_record, read_record

_HISTORY = ".history.jsonl"
_OBJECTS = "objects"


class _Code(BaseModel):
    digest: Sha256
    object: Sha256 | None = None


class _View(BaseModel):
    """The part of a record that the lineage rests on; the rest is not looked at."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    rule: str = Field(min_length=1)
    wildcards: dict[str, str]
    inputs: dict[str, list[FileHash]]
    outputs: dict[str, list[FileHash]]
    code: _Code
    start: AwareDatetime
    seconds: NonNegativeFloat
    resumed_seconds: NonNegativeFloat = 0.0
    upstream: dict[str, Sha256] = Field(default_factory=dict)
    path: str = ""


@dataclass(frozen=True, eq=False)
class JobRef:
    """A job as its record tells of it.

    Attributes:
        path: file that holds the record, relative to the repository root.
        line: line of the history that holds it, from 1; None for a file of its own.
        sha256: hash of the record.
        origin: ``current`` for the record that stands now, ``object`` for one of another
            folder, kept beside the records that need it, ``earlier`` for one that was replaced.
        rule: name of the rule.
        wildcards: what the job was about, in the order in which its record's path has them.
        inputs: files that it read, by name.
        outputs: files that it wrote, by name.
        code_digest: identity of its code.
        code_object: object with the modules of its code; None if the record names none.
        start: when it began.
        seconds: how long it took, with the interrupted attempts that it went on from.
    """

    path: str
    line: int | None
    sha256: str
    origin: Literal["current", "object", "earlier"]
    rule: str
    wildcards: Mapping[str, str]
    inputs: Mapping[str, Sequence[FileHash]]
    outputs: Mapping[str, Sequence[FileHash]]
    code_digest: str
    code_object: str | None
    start: AwareDatetime
    seconds: float

    @property
    def id(self) -> str:
        """Path of the record, with the line of a history."""
        return self.path if self.line is None else f"{self.path}:{self.line}"

    @property
    def name(self) -> str:
        """Rule and wildcards, for people: ``finetune usps/dec/0``."""
        return f"{self.rule} {'/'.join(self.wildcards.values())}".rstrip()

    @property
    def read(self) -> Iterator[FileHash]:
        """All files that it read."""
        return (file for files in self.inputs.values() for file in files)

    @property
    def written(self) -> Iterator[FileHash]:
        """All files that it wrote."""
        return (file for files in self.outputs.values() for file in files)


def read_job(job: JobRef, root: Path) -> Record:
    """The whole record of a job.

    Raises:
        StorageError: it is no record of this version, or gone since.
    """
    if job.line is None:
        return read_record(root / job.path)
    lines = (root / job.path).read_text(encoding="utf-8").split("\n")
    return parse_record(json.loads(lines[job.line - 1]), f"Line {job.line} of {job.path}")


@dataclass
class JobReader:
    """Reads all records below a folder.

    Attributes:
        folder: folder of the records.
        root: repository root.
        unreadable: reasons why a file tells of no job, by path; filled while reading.
    """

    folder: Path
    root: Path
    unreadable: dict[str, str] = field(default_factory=dict)
    _wanted: dict[str, None] = field(default_factory=dict)

    def jobs(self) -> Iterator[JobRef]:
        """Records that stand now in the order of their paths, then objects, then earlier ones.

        Of several earlier records of a job the newest comes first.
        """
        objects = self.folder / _OBJECTS
        paths = sorted(p for p in self.folder.rglob("*.json*") if objects not in p.parents)
        histories = [path for path in paths if path.name.endswith(_HISTORY)]
        earlier = [job for path in histories for job in self._history(path)]
        for path in paths:
            if path.suffix == ".json":
                yield from self._record(path, "current")
        yield from self._objects(objects)
        yield from sorted(earlier, key=lambda job: job.start, reverse=True)

    def _history(self, path: Path) -> Iterator[JobRef]:
        for number, text in enumerate(self._bytes(path).splitlines(), start=1):
            yield from self._parsed(text, path, "earlier", number)

    def _record(self, path: Path, origin: Literal["current", "object"]) -> Iterator[JobRef]:
        if text := self._bytes(path):
            yield from self._parsed(text, path, origin, None)

    def _objects(self, folder: Path) -> Iterator[JobRef]:
        """Records that others name as those of their inputs, and what these name in turn."""
        done: set[str] = set()
        while pending := [digest for digest in self._wanted if digest not in done]:
            done.update(pending)
            for digest in pending:
                path = folder / f"{digest}.json"
                text = self._bytes(path)
                if text and sha256_bytes(text) != digest:
                    self._refuse(path, "its content does not have the hash that is its name")
                elif text:
                    yield from self._parsed(text, path, "object", None)

    def _parsed(
        self,
        text: bytes,
        path: Path,
        origin: Literal["current", "object", "earlier"],
        line: int | None,
    ) -> Iterator[JobRef]:
        try:
            view = _View.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"]))
            where = f"line {line}: " if line is not None else ""
            self._refuse(path, f"{where}it is no job record ({place or 'text'}: {first['msg']})")
            return
        self._wanted |= dict.fromkeys(view.upstream.values())
        yield JobRef(
            path=self._relative(path),
            line=line,
            sha256=sha256_bytes(text),
            origin=origin,
            rule=view.rule,
            wildcards=_as_in_path(view.wildcards, view.path),
            inputs=view.inputs,
            outputs=view.outputs,
            code_digest=view.code.digest,
            code_object=view.code.object,
            start=view.start,
            seconds=view.seconds + view.resumed_seconds,
        )

    def _bytes(self, path: Path) -> bytes:
        """Bytes of a file; none, and a reason noted, if it cannot be read or is empty."""
        try:
            content = path.read_bytes()
        except OSError as error:
            self._refuse(path, f"it cannot be read ({error.strerror or error})")
            return b""
        if not content:
            self._refuse(path, "it is empty")
        return content

    def _refuse(self, path: Path, reason: str) -> None:
        self.unreadable[self._relative(path)] = reason

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def _as_in_path(wildcards: Mapping[str, str], path: str) -> dict[str, str]:
    """Wildcards in the order of their values in a path; the JSON form has them by name."""
    parts = path.removesuffix(".json").split("/")
    places = {name: parts.index(v) if v in parts else len(parts) for name, v in wildcards.items()}
    return {name: wildcards[name] for name in sorted(wildcards, key=lambda name: places[name])}
