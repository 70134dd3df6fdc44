"""What earlier jobs took, as their records say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, ValidationError

from clustrace.config.layout import Layout
from clustrace.estimate.jobs import PlannedJob
from clustrace.provenance.file_hash import FileHash
from clustrace.provenance.record import JobOutcome

#: Records of one rule, data set, method and protocol that are read at most: seeds take alike.
_READ_AT_MOST = 5


class Cost(BaseModel):
    """The part of a record that tells what a job took."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    rule: str
    wildcards: dict[str, str]
    parameters: dict[str, Any]
    inputs: dict[str, list[FileHash]]
    outputs: dict[str, list[FileHash]]
    device: str
    threads: int
    outcome: JobOutcome
    seconds: NonNegativeFloat
    resumed_seconds: NonNegativeFloat = 0.0
    recording_seconds: NonNegativeFloat
    peak_memory_mib: NonNegativeFloat
    protocol: str = ""
    """Filled in from the place of the record."""

    @property
    def all_seconds(self) -> float:
        """Seconds of an attempt without interruption, with its record."""
        return self.seconds + self.resumed_seconds + self.recording_seconds

    @property
    def bytes(self) -> int:
        """Size of its outputs."""
        return sum(file.bytes for files in self.outputs.values() for file in files)

    @property
    def subset(self) -> str:
        """``all``, or the number of samples drawn, of the data set that it read."""
        return Path(self.inputs["features"][0].path).parent.name

    @property
    def seeds(self) -> int:
        """Number of seeds that it covered."""
        return len(self.parameters.get("seeds", ())) or 1


@dataclass(frozen=True)
class Costs:
    """Records below a repository, read as far as they are asked for.

    Attributes:
        layout: where files lie.
    """

    layout: Layout
    _read: dict[Path, tuple[Cost, ...]] = field(default_factory=dict)

    def of_all_seeds(self, job: PlannedJob, protocol: str) -> tuple[Cost, ...]:
        """Jobs that differ from a run's job, or its evaluation, in nothing but the seeds."""
        *parts, _ = job.wildcards
        return self._in(self.layout.record(protocol, job.rule, *parts, "x").parent)

    def exactly(self, job: PlannedJob, protocol: str) -> Cost | None:
        """The record of a job."""
        if job.rule in ("fetch", "prepare", "neighbours"):
            return _cost(self.layout.data_record(job.rule, *job.wildcards))
        return _cost(self.layout.record(protocol, job.rule, *job.wildcards))

    def similar(self, rule: str, method: str) -> Iterator[Cost]:
        """Jobs of a rule and method on any data set, under any protocol."""
        for protocol in self.protocols:
            for folder in self._folders(protocol, rule, method):
                yield from self._in(folder)

    @cached_property
    def protocols(self) -> tuple[str, ...]:
        """Protocols with records."""
        found = self.layout.root.glob("results/*/provenance")
        return tuple(sorted(path.parent.name for path in found))

    def _folders(self, protocol: str, rule: str, method: str) -> list[Path]:
        return sorted(self.layout.record(protocol, rule, "x").parent.glob(f"*/{method}"))

    def _in(self, folder: Path) -> tuple[Cost, ...]:
        if folder not in self._read:
            paths = sorted(path for path in folder.glob("*.json") if path.is_file())
            costs = (_cost(path) for path in paths[:_READ_AT_MOST])
            self._read[folder] = tuple(cost for cost in costs if cost is not None)
        return self._read[folder]


def _cost(path: Path) -> Cost | None:
    """What a record tells; None if there is none, or the job gave no result."""
    try:
        content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        protocol = path.parts[path.parts.index("provenance") - 1]
        cost = Cost.model_validate({**content, "protocol": protocol})
    except (OSError, ValueError, TypeError, ValidationError):
        return None
    return cost if cost.outcome.ok else None
