"""What is audited: the results of one protocol, and what they are held against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from clustrace.audit.checkout import Checkout
from clustrace.audit.ledger import Ledger, LedgerLine
from clustrace.audit.records import Job, Records
from clustrace.audit.replays import Replays
from clustrace.audit.scoreboard import Scoreboard, evaluations
from clustrace.audit.times import Times
from clustrace.audit.tree import Tree
from clustrace.config.experiment import Experiment
from clustrace.config.papers import Column, Metric, Paper, PublishedNumber, Row, Table
from clustrace.config.plan import Plan


@dataclass(frozen=True)
class Place:
    """A cell as config/papers declares it."""

    paper: Paper
    table: Table
    row: Row
    column: Column
    metric: Metric
    number: PublishedNumber | None


@dataclass(frozen=True, eq=False)
class Case:
    """Everything that checks look at.

    Attributes:
        tree: the files.
        protocol: name of the results' folder.
        records: job records.
        ledgers: ledgers by the paper's slug.
        experiment: config/ under this protocol; None for results that it does not declare.
        checkout: code and commits to compare with.
        addresses: numbers that are audited; None: all.
        now: time of the audit.
        replays: does jobs once more.
    """

    tree: Tree
    protocol: str
    records: Records
    ledgers: Mapping[str, Ledger]
    experiment: Experiment | None
    checkout: Checkout
    addresses: frozenset[str] | None
    now: datetime
    replays: Replays

    @property
    def folder(self) -> str:
        """Folder of the results."""
        return f"results/{self.protocol}"

    @cached_property
    def plan(self) -> Plan | None:
        """What config/ asks for; None as ``experiment``."""
        return Plan(self.experiment) if self.experiment else None

    @cached_property
    def scores(self) -> Scoreboard:
        """Scores recomputed from all label vectors."""
        jobs = (job for job in self.records.jobs if not job.upstream)
        return Scoreboard(self.tree, evaluations(jobs))

    @cached_property
    def times(self) -> Times:
        """Seconds of runs, from the records of their jobs."""
        return Times(self.records, self.scores)

    def lines(self, *kinds: str) -> Iterator[LedgerLine]:
        """Rows of all ledgers that are audited, of these kinds or of any."""
        for ledger in self.ledgers.values():
            for line in ledger.lines.values():
                if self.is_audited(line.address) and (not kinds or line.kind in kinds):
                    yield line

    def is_audited(self, address: str) -> bool:
        """True if a number is among those audited."""
        return self.addresses is None or address in self.addresses

    @cached_property
    def jobs(self) -> Sequence[Job]:
        """Jobs that are audited: all of the protocol, or those that chosen numbers rest on."""
        if self.addresses is None:
            own = [job for job in self.records.jobs if job.place.startswith(f"{self.folder}/")]
            return self.records.ancestors(own)
        lines = list(self.lines())
        behind = self.records.ancestors(self.jobs_of(run for line in lines for run in line.runs))
        printing = self._printing({self.ledgers[line.paper].path for line in lines})
        return list(dict.fromkeys([*behind, *printing]))

    def jobs_of(self, runs: Iterable[str]) -> list[Job]:
        """Jobs that wrote files of runs, or files that stand in place of runs."""
        wanted = tuple(f"{run}/" for run in runs)
        return [
            job
            for job in self.records.jobs
            if any(f"{file.path}/".startswith(wanted) for _, file in job.outputs)
        ]

    def _printing(self, ledgers: Iterable[str]) -> list[Job]:
        """Jobs that wrote these ledgers or printed from them."""
        wanted = set(ledgers)
        return [
            job
            for job in self.records.jobs
            if any(file.path in wanted for _, file in (*job.inputs, *job.outputs))
        ]

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """All cells that config/ declares, by address."""
        if self.experiment is None:
            return {}
        return {
            f"{p.paper.slug}.{p.table.slug}.{p.row.slug}.{p.column.slug}.{p.metric.slug}": p
            for paper in self.experiment.papers.values()
            for p in _places(paper, self.experiment.published[paper.slug])
        }


def _places(paper: Paper, published: Sequence[PublishedNumber]) -> Iterator[Place]:
    numbers = {(n.table, n.row, n.column, n.metric): n for n in published}
    for table in paper.tables:
        for row in table.rows:
            for column in table.columns:
                for metric in table.metrics:
                    key = (table.slug, row.slug, column.slug, metric.slug)
                    yield Place(paper, table, row, column, metric, numbers.get(key))
