"""Two sets of ledgers side by side: which numbers changed, and which causes changed with them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field

from clustrace.config.base import Model
from clustrace.errors import StorageError
from clustrace.provenance.job_diff import (
    Cause,
    RecordedJob,
    compare_jobs,
    load_job,
    pairs_by_name,
    same_inputs,
    same_outputs,
)
from clustrace.provenance.jobs import JobRef
from clustrace.provenance.lineage import Lineage

#: Columns of a ledger whose change makes a number another one.
FIELDS = (
    *("printed", "value", "std", "n", "seeds", "content_sha256", "verdict", "evidence"),
    *("published", "published_printed", "tolerance", "p_value"),
)
# Columns that a job writes into the ledger without looking at runs.
_OF_LEDGER = frozenset({"published", "published_printed", "tolerance", "evidence"})


class FieldChange(Model):
    """A column of the ledger that changed; empty texts where a side has nothing."""

    name: str
    before: str
    after: str


class NumberChange(Model):
    """A number that is not the same on both sides."""

    protocol: str
    address: str
    change: Literal["changed", "added", "removed"]
    """`added`: only B has it; `removed`: only A."""
    fields: tuple[FieldChange, ...] = ()
    causes: tuple[Cause, ...] = ()
    """What differs behind it, as far as records of both sides tell."""


class LedgerDiff(Model):
    """What differs between two sets of ledgers."""

    model_config = ConfigDict(populate_by_name=True)

    schema_version: Literal[1] = Field(default=1, alias="schema")
    a: str
    b: str
    changes: tuple[NumberChange, ...]
    unchanged: int
    """Numbers that are the same on both sides."""
    unreadable: tuple[str, ...] = ()
    """Records that could not be read, so that causes may be missing."""


@dataclass(frozen=True)
class Side:
    """One protocol's results on one side of a comparison.

    Attributes:
        name: how the user named it.
        root: folder that recorded paths are relative to.
        folder: folder of the results.
        ledgers: ledgers to compare.
    """

    name: str
    root: Path
    folder: Path
    ledgers: tuple[Path, ...]

    @cached_property
    def rows(self) -> dict[str, dict[str, str]]:
        """Rows of the ledgers by address, as texts: ledgers of other versions are read as well.

        Raises:
            StorageError: a ledger cannot be read.
        """
        return {row["address"]: row for path in self.ledgers for row in _rows(path)}

    @cached_property
    def lineage(self) -> Lineage | None:
        """The lineage; None for a ledger without records."""
        try:
            return Lineage.load(self.folder, self.root)
        except (StorageError, ValueError):
            return None


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle, strict=True, restval=""))
    except (OSError, ValueError, csv.Error) as error:
        raise StorageError(f"{path} could not be read as a ledger ({error}).") from error
    if not all(row.get("address") for row in rows) or not rows:
        raise StorageError(f"{path} is no ledger: it has no column address, or no row.")
    return rows


def diff_of(pairs: Sequence[tuple[Side | None, Side | None]], a: str, b: str) -> LedgerDiff:
    """What differs between the sides of each pair.

    Args:
        pairs: results of the same protocol on side A and B; None for a side without it.
        a: name of side A.
        b: name of side B.

    Raises:
        StorageError: a ledger, or an object that a record refers to, cannot be read.
    """
    changes: list[NumberChange] = []
    unchanged = 0
    unreadable: dict[str, None] = {}
    for one, other in pairs:
        found = list(_Comparison(one, other).changes())
        changes += found
        both = set(one.rows if one else ()) | set(other.rows if other else ())
        unchanged += len(both) - len(found)
        for side in filter(None, (one, other)):
            reasons = side.lineage.unreadable if side.lineage else {}
            unreadable |= {f"{side.name}: {path}: {why}": None for path, why in reasons.items()}
    return LedgerDiff(
        a=a, b=b, changes=tuple(changes), unchanged=unchanged, unreadable=tuple(unreadable)
    )


@dataclass(frozen=True)
class _Comparison:
    a: Side | None
    b: Side | None
    _loaded: dict[tuple[str, str], RecordedJob] = field(default_factory=dict)
    _compared: dict[tuple[str, str], tuple[Cause, ...]] = field(default_factory=dict)

    def changes(self) -> Iterator[NumberChange]:
        rows_a = self.a.rows if self.a else {}
        rows_b = self.b.rows if self.b else {}
        protocol = next(side.folder.name for side in (self.b, self.a) if side)
        for address in sorted({*rows_a, *rows_b}):
            if address not in rows_b:
                yield NumberChange(protocol=protocol, address=address, change="removed")
            elif address not in rows_a:
                yield NumberChange(protocol=protocol, address=address, change="added")
            elif fields := tuple(_fields(rows_a[address], rows_b[address])):
                yield NumberChange(
                    protocol=protocol,
                    address=address,
                    change="changed",
                    fields=fields,
                    causes=self._causes(address, {change.name for change in fields}),
                )

    def _causes(self, address: str, fields: Set[str]) -> tuple[Cause, ...]:
        """What differs behind a number of both sides."""
        if self.a is None or self.b is None or not (self.a.lineage and self.b.lineage):
            return ()
        a, b = self.a.lineage, self.b.lineage
        runs = [" ".join(lineage.cells.get(address, ())) for lineage in (a, b)]
        if not all(runs):
            return (Cause(kind="jobs", job="", name="runs", before=runs[0], after=runs[1]),)
        found: dict[Cause, None] = {}
        for one, other in pairs_by_name(a.jobs_in_order(address), b.jobs_in_order(address)):
            found |= dict.fromkeys(self._of_pair(one, other))
        if not found or fields & _OF_LEDGER:
            one, other = (each.ledger_writer(each.ledger_of[address]) for each in (a, b))
            if one or other:
                found |= dict.fromkeys(self._of_pair(one, other))
        return tuple(found)

    def _of_pair(self, a: JobRef | None, b: JobRef | None) -> tuple[Cause, ...]:
        if a is None or b is None:
            only = [(job.id, job.name) if job else ("", "") for job in (a, b)]
            (before, one), (after, other) = only
            return (Cause(kind="jobs", job=one or other, name="", before=before, after=after),)
        # What wrote the same bytes changed nothing, whatever differs in it.
        if a.sha256 == b.sha256 or same_outputs(a, b):
            return ()
        key = (a.id, b.id)
        if key not in self._compared:
            found = compare_jobs(self._load(self.a, a), self._load(self.b, b), self._made)
            if not found and same_inputs(a, b):
                found = (_unexplained(a, b),)
            self._compared[key] = found
        return self._compared[key]

    @cached_property
    def _made(self) -> tuple[frozenset[str], ...]:
        """Files that the jobs of each side made."""
        lineages = [side.lineage for side in (self.a, self.b) if side and side.lineage]
        return tuple(
            frozenset(f.path for job in each.jobs for f in job.written) for each in lineages
        )

    def _load(self, side: Side | None, job: JobRef) -> RecordedJob:
        assert side is not None and side.lineage is not None
        key = ("a" if side is self.a else "b", job.id)
        if key not in self._loaded:
            self._loaded[key] = load_job(job, side.lineage)
        return self._loaded[key]


def _unexplained(a: JobRef, b: JobRef) -> Cause:
    outputs = [" ".join(file.sha256[:12] for file in job.written) for job in (a, b)]
    return Cause(
        kind="unexplained", job=a.name, name="outputs", before=outputs[0], after=outputs[1]
    )


def _fields(a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[FieldChange]:
    for name in FIELDS:
        # A column that one side does not have yet says nothing.
        if name in a and name in b and a[name] != b[name]:
            yield FieldChange(name=name, before=a[name], after=b[name])
