"""Job records: what a job was given, what it made, with which code, and where it ran.

What many records share (environment, modules of the code, difference to the commit, records of
the jobs that made the inputs) is kept once in an object store; a record holds the hashes.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, JsonValue, NonNegativeFloat, PositiveInt

from clustrace.config.base import Model
from clustrace.config.yamlfile import ModelT, validate
from clustrace.errors import ConfigError, StorageError
from clustrace.files import read_json
from clustrace.provenance.base import Sha256
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.environment import Environment, Slurm
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.generators import GeneratorStates
from clustrace.provenance.git import GitState
from clustrace.provenance.objects import ObjectStore

SCHEMA: Literal[2] = 2

#: Name of those inputs of a job that the workflow must not make anew: no inputs of its rule, but
#: among its parameters, with their hashes.
OTHERS = "others"


class Determinism(StrEnum):
    """How far a repetition of a job agrees with it."""

    BIT_EQUAL = "bit-equal"
    EQUAL_WITHIN_EPS = "equal-within-eps"
    STATISTICAL = "statistical"


class JobOutcome(Model):
    """How a job ended, as :class:`clustrace.data.artefact.Outcome` has it.

    A model of its own, so that readers of records do without the libraries of arrays.
    """

    status: Literal["ok", "unreachable", "diverged", "not-applicable", "not-run"]
    reason: str
    """Why there is no result; empty if there is one."""
    origin: str
    """Stage where the reason arose."""

    @property
    def ok(self) -> bool:
        """True if there is a result."""
        return self.status == "ok"


class Replay(Model):
    """Commands that repeat a job, with the placeholders `{record}` and `{folder}`.

    They write the same outputs below another folder, beside a record of their own.
    """

    weights: tuple[str, ...] | None = None
    """Makes the label vectors anew from the stored weights and centroids."""
    retrain: tuple[str, ...] | None = None
    """Makes everything anew from the inputs."""


class Given(Model):
    """What a job was given, besides its code: all that is known before its work begins."""

    model_config = ConfigDict(allow_inf_nan=False)

    rule: str = Field(min_length=1)
    wildcards: dict[str, str]
    parameters: dict[str, JsonValue]
    inputs: dict[str, list[FileHash]]
    """Files by their names in the rule, as they were before the work."""
    seeds: list[int]
    device: str = Field(min_length=1)
    threads: PositiveInt
    precision: str = Field(min_length=1)
    """Number format of the computation, such as `float32`."""
    replay: Replay = Replay()


class CodeReference(Model):
    """Identity of the code that a job ran."""

    digest: Sha256
    """Hash over the names and hashes of all its modules."""
    object: Sha256 | None
    """Object with roots and modules; None if the job told the digest alone."""


class EnvironmentReference(Model):
    """Machine and software of a job: the object, and what readers ask for first."""

    object: Sha256
    host: str
    processor: str
    gpu: str | None
    python: str
    torch: str | None


class Record(Given):
    """The record of a job that came to its end."""

    model_config = ConfigDict(populate_by_name=True)

    schema_version: Literal[2] = Field(default=SCHEMA, alias="schema")
    path: str
    """Where the record was written, relative to the root of the results."""
    code: CodeReference
    outputs: dict[str, list[FileHash]]
    upstream: dict[str, Sha256]
    """Inputs that a job of another folder made, with the object that is that job's record."""
    generators: dict[str, JsonValue]
    """Seeds of the random generators, by generator."""
    generator_states: GeneratorStates
    outcome: JobOutcome
    determinism: Determinism | None
    """How far a repetition agrees; None if the job does not say."""
    environment: EnvironmentReference
    git: GitState | None
    """State of the checkout that holds the code, as the job began; None outside git."""
    slurm: Slurm | None
    start: AwareDatetime
    end: AwareDatetime
    seconds: NonNegativeFloat
    """Duration of the work, without recording."""
    resumed_seconds: NonNegativeFloat = 0.0
    """Work of earlier attempts that this one went on from, which `seconds` does not count."""
    recording_seconds: NonNegativeFloat
    """Time spent on this record: hashing, describing, writing objects."""
    peak_memory_mib: NonNegativeFloat
    """Largest resident memory of the job's process, in MiB."""
    peak_memory_children_mib: NonNegativeFloat
    """Largest resident memory of any one child process, in MiB. Linux counts a child's memory
    from its fork, when it shares its parent's: not to be added to `peak_memory_mib`."""

    @property
    def work_seconds(self) -> float:
        """Seconds that the result took, those of interrupted attempts among them."""
        return self.seconds + self.resumed_seconds

    def environment_in(self, store: ObjectStore) -> Environment:
        """The whole description of machine and software.

        Raises:
            StorageError: the object is missing, altered or no environment.
        """
        return read_object(store, self.environment.object, Environment)

    def code_in(self, store: ObjectStore) -> CodeIdentity:
        """The identity of the code with roots and modules, as far as the job told them.

        Raises:
            StorageError: the object is missing, altered or no code identity.
        """
        if self.code.object is None:
            return CodeIdentity(digest=self.code.digest)
        return read_object(store, self.code.object, CodeIdentity)

    def difference_in(self, store: ObjectStore) -> bytes:
        """The difference of the code to its commit, as ``git diff`` writes it; empty if none.

        Raises:
            StorageError: the object is missing or altered.
        """
        digest = self.git.diff_sha256 if self.git else None
        return b"" if digest is None else store.read(digest, ".diff")

    def objects(self) -> Iterator[tuple[str, str]]:
        """Objects that the record refers to, without its upstream records: sha256 and suffix."""
        yield self.environment.object, ".json"
        if self.code.object is not None:
            yield self.code.object, ".json"
        if self.git is not None and self.git.diff_sha256 is not None:
            yield self.git.diff_sha256, ".diff"


def read_record(path: str | Path) -> Record:
    """Read a job record.

    Raises:
        StorageError: the file is missing or no record of this version.
    """
    return parse_record(read_json(path), path)


def read_upstream(store: ObjectStore, digest: str) -> Record:
    """The record of a job that made an input, kept as an object.

    Raises:
        StorageError: the object is missing, altered or no record of this version.
    """
    return parse_record(store.read_json(digest), store.path(digest))


def parse_record(content: Any, path: str | Path) -> Record:
    """A record from what stands in its file.

    Raises:
        StorageError: it is no record of this version; names ``path``.
    """
    found = content.get("schema") if isinstance(content, dict) else None
    if isinstance(found, int) and found != SCHEMA:
        raise StorageError(
            f"{path} is a job record of schema {found}, and this version reads schema {SCHEMA}; "
            "run its rule again, or read it with the version of the code that wrote it."
        )
    try:
        return validate(content, Record, lambda _: path)
    except ConfigError as error:
        first = str(error).partition("\n")[0].removeprefix(f"{path}: ")
        raise StorageError(f"{path} is not a job record ({first}) Run its rule again.") from error


def read_object(store: ObjectStore, digest: str, model: type[ModelT]) -> ModelT:
    """What a record refers to, such as an environment.

    Raises:
        StorageError: the object is missing, altered, or something else.
    """
    path = store.path(digest)
    try:
        return validate(store.read_json(digest), model, lambda _: path)
    except ConfigError as error:
        raise StorageError(
            f"{path} is not what a record refers to; run the rule of that record again.\n{error}"
        ) from error
