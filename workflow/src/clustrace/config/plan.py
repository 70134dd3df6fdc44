"""The plan: which runs, tables and figures a configuration asks for.

Everything the workflow does is enumerated here from the configuration, before any job starts,
so that a dry run tells the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from clustrace.config.claims import CLAIMS
from clustrace.config.experiment import Experiment, seeds_of
from clustrace.config.figures import FEATURES
from clustrace.config.papers import Paper, Table
from clustrace.errors import ConfigError

TABLE_FORMS = ("csv", "md", "tex", "html")
FIGURE_FORMS = ("png", "svg")


@dataclass(frozen=True, order=True)
class Run:
    """A method on a data set."""

    dataset: str
    method: str


@dataclass(frozen=True)
class Plan:
    """What to compute for an experiment."""

    experiment: Experiment

    @cached_property
    def papers(self) -> tuple[Paper, ...]:
        """Papers whose tables are built; a demonstration only where it is asked for by name."""
        chosen = self.experiment.settings.papers
        return tuple(
            paper
            for slug, paper in self.experiment.papers.items()
            if (slug in chosen if chosen != "all" else not paper.demonstration)
        )

    def runs_of(self, paper: Paper) -> tuple[Run, ...]:
        """Runs behind the cells of a paper, as far as data sets and methods are not restricted."""
        return tuple(run for run in all_runs_of(paper) if self.is_chosen(run))

    def is_chosen(self, run: Run) -> bool:
        """Whether the settings restrict neither the data set nor the method of a run."""
        settings = self.experiment.settings
        return (settings.datasets == "all" or run.dataset in settings.datasets) and (
            settings.methods == "all" or run.method in settings.methods
        )

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """All runs, without repetition.

        Raises:
            ConfigError: the restrictions leave nothing to run.
        """
        runs = tuple(dict.fromkeys(run for paper in self.papers for run in self.runs_of(paper)))
        if not runs:
            raise self._nothing_to_run()
        return runs

    def _nothing_to_run(self) -> ConfigError:
        settings, papers = self.experiment.settings, self.experiment.papers
        others = [slug for slug, paper in papers.items() if self.runs_of(paper)]
        remedy = f"choose papers={','.join(others)}, which has some" if others else "choose others"
        chosen = f"papers={_names(settings.papers)}"
        tables = [table for paper in self.papers for table in paper.tables]
        datasets = {column.dataset for table in tables for column in table.columns}
        methods = {row.method for table in tables for row in table.rows if row.method}
        return ConfigError(
            f"Nothing to run: {chosen} has no cell for datasets={_names(settings.datasets)} and "
            f"methods={_names(settings.methods)}; {remedy}. {chosen} has the data sets "
            f"{', '.join(sorted(datasets))} and the methods {', '.join(sorted(methods))}."
        )

    def metrics_of(self, paper: Paper) -> list[Path]:
        """Metric files of a paper's runs."""
        return [path for run in self.runs_of(paper) for path in self._metrics(run)]

    def timed_of(self, paper: Paper) -> list[Path]:
        """Records of the jobs whose seconds a paper's tables print."""
        if not paper.is_timed:
            return []
        return list(
            dict.fromkeys(
                path
                for run in self.runs_of(paper)
                for block in self.experiment.blocks
                for path in self.records_of(run, block)
            )
        )

    def records_of(self, run: Run, block: str) -> list[Path]:
        """Records of a run's jobs: those that it starts from, and its own as the last."""
        chain = self.experiment.chain(run.method)
        return [self._record_of(run.dataset, method, block) for method in chain]

    def _record_of(self, dataset: str, method: str, block: str) -> Path:
        layout, stage = self.experiment.layout, self.experiment.methods[method].stage
        if stage == "neighbours":
            return layout.data_record(stage, dataset, self.experiment.subset(dataset), method)
        return layout.record(self.experiment.protocol.slug, stage, dataset, method, block)

    def _metrics(self, run: Run) -> Iterator[Path]:
        layout, protocol = self.experiment.layout, self.experiment.protocol.slug
        for block in self.experiment.blocks:
            yield layout.metrics(protocol, run.dataset, run.method, block)

    def table_files(self, paper: Paper) -> list[Path]:
        """Files of a paper's tables, and of the table of its claims."""
        layout, protocol = self.experiment.layout, self.experiment.protocol.slug
        slugs = [table.slug for table in paper.tables] + [CLAIMS] * bool(paper.claims)
        return [
            layout.table(protocol, paper.slug, slug, form) for slug in slugs for form in TABLE_FORMS
        ]

    def figure_files(self, paper: Paper) -> list[Path]:
        """Files of a paper's figures."""
        layout, protocol = self.experiment.layout, self.experiment.protocol.slug
        return [
            layout.figure(protocol, paper.slug, figure.slug, form)
            for figure in paper.figures
            for form in FIGURE_FORMS
        ]

    @property
    def ledgers(self) -> list[Path]:
        """Ledgers of the chosen papers."""
        return self._ledgers("csv")

    @property
    def parquet(self) -> list[Path]:
        """The same ledgers as Parquet."""
        return self._ledgers("parquet")

    def _ledgers(self, form: str) -> list[Path]:
        layout, protocol = self.experiment.layout, self.experiment.protocol.slug
        return [layout.ledger(protocol, paper.slug, form) for paper in self.papers]

    @property
    def tables(self) -> list[Path]:
        """Files of all tables."""
        return [path for paper in self.papers for path in self.table_files(paper)]

    @property
    def figures(self) -> list[Path]:
        """Files of all figures."""
        return [path for paper in self.papers for path in self.figure_files(paper)]

    @property
    def records(self) -> list[Path]:
        """Records of the jobs behind all cells.

        Targets beside tables and figures, since those may have been built from less than all
        results (after a failure, or by ``clustrace tables``) and would then count as up to date.
        A job that failed or was stopped has no record.
        """
        experiment = self.experiment
        jobs: dict[tuple[str, ...], None] = {
            (rule, run.dataset, method, block): None
            for run in self.runs
            for block in experiment.blocks
            for rule, method in [
                *((experiment.methods[m].stage, m) for m in experiment.chain(run.method)),
                ("evaluate", run.method),
            ]
            if rule != "neighbours"
        }
        jobs |= {("truth", run.dataset): None for run in self.runs}
        records = [experiment.layout.record(experiment.protocol.slug, *job) for job in jobs]
        graphs = {(run.dataset, self.neighbours_of(run.method)): None for run in self.runs}
        return records + [
            self._record_of(slug, method, "") for slug, method in graphs if method is not None
        ]

    def neighbours_of(self, method: str) -> str | None:
        """The method whose nearest neighbours a method works on; None if it takes none."""
        first = self.experiment.chain(method)[0]
        return first if self.experiment.methods[first].stage == "neighbours" else None

    def neighbour_settings(self, dataset: str, method: str) -> dict[str, Any]:
        """Everything that decides the nearest neighbours of samples, besides code and inputs."""
        return {
            "estimator": self.experiment.methods[method].estimator,
            "arguments": self.experiment.arguments(method, dataset),
            "input_scale": self.experiment.input_scale(method, dataset),
        }

    def run_settings(self, dataset: str, method: str, block: str) -> dict[str, Any]:
        """Everything that decides what a run gives, besides code and inputs."""
        experiment = self.experiment
        declared = experiment.methods[method]
        chain = experiment.chain(method)
        pretrained = {
            "estimator": experiment.methods[chain[0]].estimator,
            "arguments": experiment.arguments(chain[0], dataset),
        }
        return {
            "pretrained": pretrained if len(chain) > 1 and not self.neighbours_of(method) else None,
            "estimator": declared.estimator,
            "arguments": experiment.arguments(method, dataset),
            "input_scale": experiment.input_scale(chain[0], dataset),
            "n_clusters": None if declared.finds_clusters else experiment.dataset(dataset).classes,
            "seeds": list(seeds_of(block)),
            "precision": experiment.protocol.precision,
        }

    def evaluation_settings(self, dataset: str, method: str) -> dict[str, Any]:
        """What evaluation must know: of a fine-tuning that may stop early its most gradient steps.

        Of a classifier, whose labels are no names of clusters, that it is one.
        """
        stage = self.experiment.methods[method].stage
        if stage == "classify":
            return {"supervised": True}
        if stage != "finetune":
            return {}
        arguments = self.experiment.arguments(method, dataset)
        return {key: arguments[key] for key in ("max_iterations",) if key in arguments}

    def embedding_settings(
        self, dataset: str, method: str, block: str, samples: int
    ) -> dict[str, Any]:
        """Everything that decides the embedding of some samples by the first seed of a block."""
        if method == FEATURES:
            settings: dict[str, Any] = {"input_scale": 1.0, "seeds": list(seeds_of(block))}
        else:
            settings = self.run_settings(dataset, method, block)
        return {**settings, "seeds": settings["seeds"][:1], "samples": samples}

    def embedding_inputs(self, dataset: str, method: str, block: str) -> dict[str, Path]:
        """Files that samples are embedded from, by name.

        With a network these are the features, its weights and the clusters found; a method that
        works on the features alone has stored its embedding with its model; and of a data set
        itself there are the features.
        """
        experiment, protocol = self.experiment, self.experiment.protocol.slug
        layout = experiment.layout
        features = {"features": layout.features(dataset, experiment.subset(dataset))}
        if method == FEATURES:
            return features
        predictions = {"predictions": layout.predictions(protocol, dataset, method, block)}
        if experiment.methods[method].stage in ("cluster", "partition"):
            return {"model": layout.model(protocol, dataset, method, block), **predictions}
        network = layout.model(protocol, dataset, self.network_of(method), block)
        return {**features, "weights": network, **predictions}

    def network_of(self, method: str) -> str:
        """The method whose weights embed the samples of a method: its own, where it trains any."""
        methods = self.experiment.methods
        return next(
            slug
            for slug in reversed(self.experiment.chain(method))
            if methods[slug].stage in ("pretrain", "finetune")
        )

    def start_of(self, method: str) -> str | None:
        """The method whose result a method starts from."""
        return self.experiment.methods[method].starts_from

    def methods_of(self, stage: str) -> list[str]:
        """Methods of a stage."""
        return [slug for slug, m in self.experiment.methods.items() if m.stage == stage]


def all_runs_of(paper: Paper) -> tuple[Run, ...]:
    """Runs behind the cells of a paper, whatever a configuration restricts."""
    return _runs(table for table in paper.tables if not table.is_of_sizes)


def sized_runs_of(paper: Paper) -> tuple[Run, ...]:
    """Methods and data sets whose networks a paper compares by size; these need no run."""
    return _runs(table for table in paper.tables if table.is_of_sizes)


def _runs(tables: Iterable[Table]) -> tuple[Run, ...]:
    runs = {
        Run(column.dataset, row.method): None
        for table in tables
        for column in table.columns
        for row in table.rows
        if row.method is not None
    }
    return tuple(runs)


def _names(value: list[str] | str) -> str:
    return value if isinstance(value, str) else ",".join(value)
