"""What is known of one number, as data: what ``clustrace explain --format json`` prints.

The form is stable: a key is added at most, and ``schema`` counts up when one changes its meaning.
``clustrace explain --schema`` prints it as JSON schema.
"""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from clustrace.config.base import Model
from clustrace.config.papers import Deviation
from clustrace.provenance.base import Sha256
from clustrace.provenance.environment import Environment
from clustrace.provenance.ledger import LedgerRow
from clustrace.provenance.lineage import NodeStatus


class FileNode(Model):
    """A file that a job read or wrote."""

    name: str
    """Its name in the rule."""
    path: str
    """Path relative to the repository root."""
    sha256: Sha256
    """Hash of its content as recorded."""
    status: NodeStatus
    """The recorded content beside what is on disk now."""
    made_by: str | None = None
    """Id of the job that wrote it; empty if no record tells."""
    as_made: bool = True
    """False if that job's record tells of another content."""


class JobNode(Model):
    """A job with everything that its result depends on."""

    id: str
    """Path of its record relative to the repository root; for a run that was replaced since,
    path and line of the history."""
    rule: str
    wildcards: dict[str, str]
    record_sha256: Sha256
    """Hash of the record."""
    status: NodeStatus
    """`ok`, or `older code` if a module differs from the recorded one, or `attested` if one does
    and an attestation vouches for the job."""
    code: Sha256
    """Identity of the code."""
    changed_modules: tuple[str, ...] | None
    """Modules that differ from the recorded ones; empty if the record names no modules."""
    attestation: str = ""
    """How far a repetition of a job of older code comes out equal under the code of now."""
    parameters: dict[str, JsonValue]
    """Everything besides code and inputs that decides the result."""
    seeds: tuple[int, ...]
    device: str
    threads: int
    precision: str
    environment: Sha256
    """Key in `environments`."""
    commit: str | None
    """Commit of the checkout that held the code."""
    dirty: bool | None
    """Whether code or configuration differed from the commit."""
    start: str
    """When it began, in UTC."""
    seconds: float
    """How long it took."""
    outcome: str
    """`ok`, or why there is no result."""
    determinism: str | None
    """How far a repetition agrees."""
    replay: dict[str, tuple[str, ...]]
    """Commands that repeat it, by what they start from."""
    inputs: tuple[FileNode, ...]
    outputs: tuple[FileNode, ...]


class RunNode(Model):
    """A member run: a file that the number was computed from, and the jobs behind it."""

    file: FileNode
    values: dict[int, float]
    """Value of each seed that counts, as far as the file gives it."""
    jobs: tuple[str, ...]
    """Ids of the jobs behind it, each after those that it rests on."""


class MemberNumber(Model):
    """Another number that this one is computed from."""

    address: str
    printed: str
    published_printed: str
    verdict: str
    evidence: str
    reason: str
    """Why it has no value or no verdict."""
    status: NodeStatus
    """The worst of all files and jobs behind it."""


class DataNode(Model):
    """Raw data behind the number."""

    path: str
    raw: str
    """Its name in config/datasets.yaml."""
    registered: str
    """Fingerprint of config/datasets.yaml."""
    recorded: str
    """Fingerprint that the recorded job was given; empty if its record has none."""


class Explanation(Model):
    """A number with its causes."""

    model_config = ConfigDict(populate_by_name=True)

    schema_version: Literal[1] = Field(default=1, alias="schema")
    address: str
    title: str
    """Printed names of paper, table, row, column and metric."""
    row: LedgerRow
    """The number's row of the ledger."""
    ledger: FileNode
    """The ledger; its status tells whether it is what its job wrote."""
    members: tuple[MemberNumber, ...] = ()
    """Numbers that it is computed from: cells of a ranking, comparisons of a claim."""
    runs: tuple[RunNode, ...] = ()
    """Member runs of a number that is computed from runs."""
    jobs: tuple[JobNode, ...] = ()
    """Jobs behind the runs, each after those that it rests on."""
    environments: dict[str, Environment] = Field(default_factory=dict)
    """Machines and software of the jobs."""
    data: tuple[DataNode, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    """Declared deviations from the paper that touch it."""
    commands: tuple[str, ...] = ()
    """Commands that check it anew."""
    status: NodeStatus
    """The worst of all files and jobs behind it."""
    problems: tuple[str, ...] = ()
    """What is not as recorded, in sentences."""
