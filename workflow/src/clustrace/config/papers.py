"""Models of config/papers/: tables, published numbers, deviations."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from pydantic import Field, NonNegativeInt, model_validator

from clustrace.config.base import Model, Slug
from clustrace.config.claims import Claim
from clustrace.config.figures import Figure


class Row(Model):
    """A table row: one method."""

    slug: Slug
    """Part of the addresses of its cells."""
    printed: str
    """The method's name in the paper."""
    method: Slug | None = None
    """Method that computes it; empty: not implemented."""
    note: str = ""
    """Remark for readers."""


class Column(Model):
    """A group of table columns: one data set."""

    slug: Slug
    """Part of the addresses of its cells."""
    printed: str
    """The data set's name in the paper."""
    dataset: Slug
    """Data set that the methods run on."""


#: Metrics that are the seconds of recorded jobs, not scores of labels.
SECONDS = ("pretraining_seconds", "training_seconds", "inference_seconds", "total_seconds")
#: Metrics that are counted from a network, not from its results.
SIZES = ("parameters", "operations")
#: Units of scores.
_SHARES = ("percent", "fraction")
#: Metrics of which less is better.
_LOWER_IS_BETTER = frozenset({"error", *SECONDS})


class Metric(Model):
    """A metric of a table, with the paper's way of printing it."""

    slug: Slug
    """Part of the addresses of its cells."""
    printed: str
    """The metric's name in the paper."""
    metric: Literal[
        "acc",
        "nmi",
        "ari",
        "error",
        "pretraining_seconds",
        "training_seconds",
        "inference_seconds",
        "total_seconds",
        "parameters",
        "operations",
    ]
    """Clustering accuracy, normalised mutual information, or adjusted Rand index; of classifiers
    the share of test samples with a wrong label (`error`); or the seconds that the method's job
    took (`training_seconds`), those that it starts from (`pretraining_seconds`), all of them
    (`total_seconds`), or all but those that train a network without clusters (stage `pretrain`;
    `inference_seconds`), as recorded. Of errors and seconds less is better. Of a network, its
    weights and biases (`parameters`) and the multiplications and additions of one sample's pass
    (`operations`)."""
    unit: Literal["percent", "fraction", "seconds", "ratio", "millions"]
    """Unit in which the paper prints it."""
    decimals: NonNegativeInt
    """Digits after the decimal point."""
    statistic: Literal["mean", "median"] = "mean"
    """What a cell takes of the values of its seeds."""
    relative_to: Slug | None = None
    """Of seconds: slug of the row whose cell on the same data set they are divided by, which makes
    them a ratio. The published seconds of the table are divided in the same way."""

    @property
    def lower_is_better(self) -> bool:
        """Whether the smaller of two values is the better one."""
        return self.metric in _LOWER_IS_BETTER

    @property
    def is_time(self) -> bool:
        """Whether it is taken from the records of jobs, which no repetition gives again."""
        return self.metric in SECONDS

    @property
    def is_size(self) -> bool:
        """Whether it is counted from the network of a method, which is not run for it."""
        return self.metric in SIZES

    @property
    def heading(self) -> str:
        """How tables head its columns."""
        unit = {"percent": "%", "seconds": "s", "millions": "millions"}.get(self.unit, "")
        direction = "lower is better" if self.lower_is_better else ""
        words = ", ".join(filter(None, (unit, direction)))
        return f"{self.printed} ({words})" if words else self.printed

    @model_validator(mode="after")
    def _unit_fits(self) -> Metric:
        if self.relative_to is not None and not self.is_time:
            raise ValueError("relative_to divides seconds, and no other metric")
        time = "seconds" if self.relative_to is None else "ratio"
        units = [time] if self.is_time else ["millions"] if self.is_size else _SHARES
        if self.unit not in units:
            raise ValueError(f"{self.metric} does not have the unit {self.unit}")
        return self


class Table(Model):
    """A result table of the paper."""

    slug: Slug
    """Name of its files, and part of the addresses of its cells."""
    printed: str
    """Its name in the paper, as in `Table 1`."""
    caption: str
    """Text printed with it."""
    rows: list[Row] = Field(min_length=1)
    """Methods, in the paper's order."""
    columns: list[Column] = Field(min_length=1)
    """Data sets, in the paper's order."""
    metrics: list[Metric] = Field(min_length=1)
    """Metrics under each data set, in the paper's order."""

    @property
    def is_of_sizes(self) -> bool:
        """Whether it compares the sizes of networks, of which none is run."""
        return all(metric.is_size for metric in self.metrics)

    def row(self, slug: str) -> Row:
        """A row by its slug."""
        return next(row for row in self.rows if row.slug == slug)

    def divided(self, metric: Metric) -> Metric:
        """The seconds that a ratio divides."""
        return next(m for m in self.metrics if m.metric == metric.metric and not m.relative_to)

    @model_validator(mode="after")
    def _ratios_have_both_sides(self) -> Table:
        for metric in self.metrics:
            if metric.relative_to is None:
                continue
            if metric.relative_to not in [row.slug for row in self.rows]:
                raise ValueError(f"{metric.slug} is relative to {metric.relative_to!r}, no row")
            if not any(m.metric == metric.metric and not m.relative_to for m in self.metrics):
                raise ValueError(f"{metric.slug} needs a metric with the seconds that it divides")
        return self

    @model_validator(mode="after")
    def _sizes_stand_alone(self) -> Table:
        if not self.is_of_sizes and any(metric.is_size for metric in self.metrics):
            raise ValueError("sizes of networks need a table of their own")
        return self


class Paper(Model):
    """A paper: its tables, figures and claims."""

    slug: Slug
    """The file's name, and part of the addresses of its cells."""
    title: str
    """Title of the paper."""
    authors: list[str]
    """Authors, in the paper's order."""
    year: int
    """Year of publication."""
    venue: str
    """Conference or journal."""
    code: str = ""
    """Address of the authors' code, where there is any."""
    demonstration: bool = False
    """True for tables of no paper; they are built only where they are asked for by name."""
    tables: list[Table]
    """Result tables."""
    figures: list[Figure] = Field(default_factory=list)
    """Result figures."""
    claims: list[Claim] = Field(default_factory=list)
    """What it claims in words."""

    @property
    def reference(self) -> str:
        """The paper in one line, as literature is cited."""
        authors = f"{', '.join(self.authors)}: " if self.authors else ""
        return f"{authors}{self.title}. {self.venue}, {self.year}"

    @property
    def is_timed(self) -> bool:
        """Whether any of its tables has a column of seconds."""
        return any(metric.is_time for table in self.tables for metric in table.metrics)

    def table(self, slug: str) -> Table:
        """A table by its slug."""
        return next(table for table in self.tables if table.slug == slug)

    def figure(self, slug: str) -> Figure:
        """A figure by its slug."""
        return next(figure for figure in self.figures if figure.slug == slug)


class Deviation(Model):
    """A choice that the paper leaves open or that its code contradicts."""

    slug: Slug
    """Name of the deviation."""
    what: str
    """What is done here, and what the paper or its code says."""
    evidence: str
    """What the choice rests on."""
    cells: list[str] = Field(min_length=1)
    """Addresses `paper.table.row.column.metric` of the cells touched; `*` stands for any slug."""
    effect: str = "not measured"
    """Measured effect, where one was measured."""

    def touches(self, address: str) -> bool:
        """Whether a cell is among those that it touches."""
        return any(_addresses(pattern).fullmatch(address) for pattern in self.cells)


@cache
def _addresses(pattern: str) -> re.Pattern[str]:
    """What the addresses look like that a pattern stands for."""
    return re.compile(r"\.".join("[^.]*" if p == "*" else re.escape(p) for p in pattern.split(".")))


class Deviations(Model):
    """What is done otherwise than a paper says, or without its word."""

    deviations: list[Deviation]
    """All of them; `[]` if there are none."""


class PublishedNumber(Model):
    """A number that the paper prints, one in each line."""

    table: Slug
    """Slug of the table."""
    row: Slug
    """Slug of the row."""
    column: Slug
    """Slug of the column."""
    metric: Slug
    """Slug of the metric."""
    value: float | None
    """Published value in the unit as printed; empty: the paper prints none."""
    decimals: NonNegativeInt
    """Digits after the decimal point as printed."""
    place: str
    """Where the paper prints it."""
    note: str = ""
    """Remark for readers."""

    @property
    def source(self) -> str:
        """Where the paper prints the value, with the remark on it."""
        return f"{self.place} ({self.note})" if self.note else self.place
