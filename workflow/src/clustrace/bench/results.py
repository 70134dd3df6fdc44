"""What benchmarks found, as a file: results/bench.json."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Literal, Self

from pydantic import Field, PositiveInt, ValidationError, model_validator

from clustrace.config.base import Model, Slug
from clustrace.errors import StorageError
from clustrace.files import read_json, write_json


class Spread(Model):
    """Repeated measurements of one quantity."""

    median: float
    minimum: float
    maximum: float
    repeats: PositiveInt

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Median, smallest and largest of some measurements."""
        return cls(
            median=median(values), minimum=min(values), maximum=max(values), repeats=len(values)
        )


#: What a table shows: a text, a number, repeated measurements, or nothing.
Value = Spread | int | float | str | None


class Column(Model):
    """A column of a table."""

    key: Slug
    title: str
    unit: str = ""
    decimals: int = 1
    """Decimals of numbers when they are printed; the file keeps all."""


class Table(Model):
    """Figures of one kind."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[dict[Slug, Value], ...]
    """One value a column, by the column's key."""

    @model_validator(mode="after")
    def _rows_fit_columns(self) -> Self:
        keys = {column.key for column in self.columns}
        for row in self.rows:
            if row.keys() != keys:
                raise ValueError(f"a row has {sorted(row)} instead of {sorted(keys)}")
        return self


class Goal(Model):
    """A figure that the project set out to reach."""

    text: str
    verdict: Literal["met", "missed", "not shown"]
    """`not shown` where this machine or this run cannot tell."""
    detail: str
    """The figure reached, and by how much it misses, or why nothing is shown."""


class Findings(Model):
    """What the function of a section gives back."""

    tables: tuple[Table, ...]
    goals: tuple[Goal, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader must know to judge the figures."""


class Circumstances(Model):
    """Where, when and how figures were measured."""

    date: str
    """Start, UTC, ISO 8601."""
    seconds: float
    """How long the section took."""
    quick: bool
    """True if too little was measured for the figures to count."""
    machine: str
    cpu_capability: str
    """Kernels that torch chooses for this processor."""
    cpu_flags: tuple[str, ...]
    """Instruction sets for matrix products, as far as the processor has them."""
    usable_cores: PositiveInt
    load_before: float
    """Processes that wanted to run, mean of the last minute, before the section."""
    load_after: float
    """The same after it; both contain what this process itself did in the minute before."""
    cores_of_others: float
    """Cores that other processes used during the section, on average."""
    python: str
    versions: dict[str, str]
    """Versions of the libraries that matter."""
    commit: str | None
    """Git commit of the code; None outside a repository."""
    edited: bool
    """True if a tracked file differed from that commit."""


class Section(Model):
    """Figures of one section, with their own circumstances."""

    title: str
    circumstances: Circumstances
    findings: Findings


class BenchResults(Model):
    """Content of results/bench.json."""

    schema_version: Literal[1] = 1
    sections: dict[Slug, Section] = Field(default_factory=dict)

    def with_section(self, slug: str, section: Section) -> BenchResults:
        """These results with one section new or replaced, and the others as they were."""
        return BenchResults(sections={**self.sections, slug: section})


def read_results(path: Path) -> BenchResults:
    """Read bench.json; without the file there are no sections.

    Raises:
        StorageError: the file is no JSON, or of another version of this package.
    """
    if not path.is_file():
        return BenchResults()
    try:
        return BenchResults.model_validate(read_json(path))
    except ValidationError as error:
        raise StorageError(
            f"{path} was not written by this version ({error.errors()[0]['msg']}); move it away "
            "and run the benchmarks again."
        ) from error


def write_results(path: Path, results: BenchResults) -> None:
    """Write bench.json, atomically.

    Raises:
        StorageError: the file could not be written.
    """
    write_json(path, results.model_dump(mode="json"))
