"""The jobs that a plan asks for, and which of them each needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from clustrace.config.claims import CLAIMS
from clustrace.config.drawn import (
    labelled_datasets,
    map_runs,
    network_runs,
    scored_runs,
    trainings,
)
from clustrace.config.figures import (
    Activations,
    EmbeddingMap,
    Figure,
    Filters,
    LearningCurves,
    ScoreCurves,
    Sweep,
)
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan, Run

#: Rules whose jobs train networks, which a GPU takes over where there is one.
TRAINING = frozenset({"pretrain", "finetune", "classify"})
#: Rules whose jobs follow a run's settings.
RUN = TRAINING | {"initialise", "cluster", "partition"}


@dataclass(frozen=True, order=True)
class PlannedJob:
    """A job: its rule and the values of its wildcards, in Snakemake's order."""

    rule: str
    wildcards: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Rule and wildcards, for people."""
        return f"{self.rule} {'/'.join(self.wildcards)}".rstrip()


@dataclass(frozen=True)
class PlannedJobs:
    """Jobs of a plan."""

    plan: Plan

    @cached_property
    def all(self) -> tuple[PlannedJob, ...]:
        """Every job behind the plan's tables and figures, those that others need first."""
        return self.behind([PlannedJob("summary")])

    def behind(self, targets: Iterable[PlannedJob]) -> tuple[PlannedJob, ...]:
        """Some jobs and all that they need, each once, those that others need first."""
        found: dict[PlannedJob, None] = {}
        pending = [(target, False) for target in reversed(tuple(targets))]
        while pending:
            job, expanded = pending.pop()
            if job in found:
                continue
            if expanded:
                found[job] = None
            else:
                pending.append((job, True))
                pending.extend((needed, False) for needed in reversed(self.needs(job)))
        return tuple(found)

    def of_paper(self, paper: Paper) -> tuple[PlannedJob, ...]:
        """All jobs behind a paper."""
        return self.behind(self._targets(paper))

    def of_table(self, paper: Paper, table: str) -> tuple[PlannedJob, ...]:
        """Jobs behind the cells of a table, without the ledger that all tables share."""
        asked = next(each for each in paper.tables if each.slug == table)
        cells = {
            Run(column.dataset, row.method): None
            for column in asked.columns
            for row in asked.rows
            if row.method is not None
        }
        runs = set(self.plan.runs_of(paper))
        evaluations = [job for run in cells if run in runs for job in self._evaluations(run)]
        return (*self.behind(evaluations), PlannedJob("table", (paper.slug, table)))

    def needs(self, job: PlannedJob) -> tuple[PlannedJob, ...]:
        """Jobs whose outputs a job reads."""
        return tuple(dict.fromkeys(self._needs(job)))

    def _needs(self, job: PlannedJob) -> Iterator[PlannedJob]:
        match job.rule, job.wildcards:
            case "prepare", (dataset, _):
                yield PlannedJob("fetch", (self.plan.experiment.dataset(dataset).raw,))
            case "reveal", (dataset, subset):
                yield PlannedJob("prepare", (dataset, subset))
            case ("truth", (dataset,)) | ("neighbours", (dataset, _, _)):
                yield self._prepare(dataset)
            case "evaluate", (dataset, method, block):
                yield self._run(dataset, method, block)
                yield PlannedJob("truth", (dataset,))
            case "embed", (dataset, method, block, _):
                yield from self._embedded(dataset, method, block)
            case "filters", (dataset, method, block, _):
                yield self._run(dataset, method, block)
            case "activations", (dataset, method, block, *_):
                yield self._prepare(dataset)
                yield self._run(dataset, method, block)
            case rule, (dataset, method, block) if rule in RUN:
                yield self._prepare(dataset)
                if rule == "classify":
                    subset = self.plan.experiment.subset(dataset)
                    yield PlannedJob("reveal", (dataset, subset))
                for before in self.plan.experiment.chain(method)[:-1]:
                    yield self._run(dataset, before, block)
            case "ledger", (slug,):
                yield from self._behind_ledger(self.plan.experiment.papers[slug])
            case ("table", (slug, _)) | ("parquet", (slug,)):
                yield PlannedJob("ledger", (slug,))
            case "figure", (slug, name):
                yield PlannedJob("ledger", (slug,))
                paper = self.plan.experiment.papers[slug]
                yield from self._drawn(paper, paper.figure(name))
            case "summary", _:
                for paper in self.plan.papers:
                    yield from self._targets(paper)

    def _targets(self, paper: Paper) -> Iterator[PlannedJob]:
        yield PlannedJob("ledger", (paper.slug,))
        yield PlannedJob("parquet", (paper.slug,))
        slugs = [table.slug for table in paper.tables] + [CLAIMS] * bool(paper.claims)
        for slug in slugs:
            yield PlannedJob("table", (paper.slug, slug))
        for figure in paper.figures:
            yield PlannedJob("figure", (paper.slug, figure.slug))

    def _behind_ledger(self, paper: Paper) -> Iterator[PlannedJob]:
        for run in self.plan.runs_of(paper):
            yield from self._evaluations(run)
        for figure in paper.figures:
            yield from self._drawn(paper, figure)

    def _evaluations(self, run: Run) -> Iterator[PlannedJob]:
        for block in self.plan.experiment.blocks:
            yield PlannedJob("evaluate", (run.dataset, run.method, block))

    def _embedded(self, dataset: str, method: str, block: str) -> Iterator[PlannedJob]:
        inputs = self.plan.embedding_inputs(dataset, method, block)
        if "features" in inputs:
            yield self._prepare(dataset)
        if "weights" in inputs:
            yield self._run(dataset, self.plan.network_of(method), block)
        if "predictions" in inputs:
            yield self._run(dataset, method, block)

    def _drawn(self, paper: Paper, figure: Figure) -> Iterator[PlannedJob]:
        block = self.plan.experiment.blocks[0]
        for dataset in labelled_datasets(self.plan, paper, figure):
            yield PlannedJob("truth", (dataset,))
        match figure:
            case EmbeddingMap():
                for run in map_runs(self.plan, paper, figure):
                    samples = str(figure.samples)
                    yield PlannedJob("embed", (run.dataset, run.method, block, samples))
            case LearningCurves():
                for run in trainings(self.plan.experiment, self.plan.runs_of(paper), figure):
                    yield self._run(run.dataset, run.method, block)
            case Filters():
                for run in network_runs(self.plan, figure):
                    units = str(figure.units)
                    yield PlannedJob("filters", (run.dataset, run.method, block, units))
            case Activations():
                numbers = (str(figure.samples), f"{figure.largest:g}", str(figure.bins))
                for run in network_runs(self.plan, figure):
                    yield PlannedJob("activations", (run.dataset, run.method, block, *numbers))
            case ScoreCurves() | Sweep():
                for run in scored_runs(self.plan, paper, figure):
                    yield from self._evaluations(run)

    def _run(self, dataset: str, method: str, block: str) -> PlannedJob:
        stage = self.plan.experiment.methods[method].stage
        if stage == "neighbours":
            return PlannedJob(stage, (dataset, self.plan.experiment.subset(dataset), method))
        return PlannedJob(stage, (dataset, method, block))

    def _prepare(self, dataset: str) -> PlannedJob:
        return PlannedJob("prepare", (dataset, self.plan.experiment.subset(dataset)))
