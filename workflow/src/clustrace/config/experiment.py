"""The experiment: all configuration files read, validated and checked against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from clustrace.config.base import ParameterValue
from clustrace.config.checks import check_references
from clustrace.config.datasets import DataRegistry, DataSet, RawData
from clustrace.config.layout import Layout
from clustrace.config.methods import Method, Parameter
from clustrace.config.papers import Deviations, Paper, PublishedNumber
from clustrace.config.protocols import Protocol, Unchanged
from clustrace.config.ratios import with_ratios
from clustrace.config.reading import ConfigFiles, read_files, read_settings
from clustrace.config.settings import Settings
from clustrace.config.yamlfile import Document, ModelT, unknown


@dataclass(frozen=True)
class Experiment:
    """Everything that config/ says, typed and consistent."""

    root: Path
    settings: Settings
    registry: DataRegistry
    methods: Mapping[str, Method]
    papers: Mapping[str, Paper]
    published: Mapping[str, tuple[PublishedNumber, ...]]
    deviations: Mapping[str, Deviations]
    protocol: Protocol

    @cached_property
    def layout(self) -> Layout:
        """Where files lie."""
        return Layout(self.root)

    def dataset(self, slug: str) -> DataSet:
        """A data set by its slug."""
        return self.registry.datasets[slug]

    @property
    def parted_datasets(self) -> list[str]:
        """Data sets that keep training, validation and test samples apart."""
        return [slug for slug, dataset in self.registry.datasets.items() if dataset.has_parts]

    def raw(self, slug: str) -> RawData:
        """A body of raw data by its slug."""
        return self.registry.raw[slug]

    def subset(self, dataset: str) -> str:
        """``all``, or the number of samples that the protocol draws."""
        limit = self.protocol.max_samples
        return "all" if limit is None or self.dataset(dataset).samples <= limit else str(limit)

    @property
    def given(self) -> dict[str, str]:
        """All settings as ``--config`` values; an empty setting is an empty value."""
        return {key: _as_option(value) for key, value in self.settings.model_dump().items()}

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of this run."""
        return tuple(range(self.settings.seeds or self.protocol.seeds))

    @property
    def blocks(self) -> tuple[str, ...]:
        """Blocks of seeds, one job each."""
        size = self.protocol.seeds_per_job
        seeds = self.seeds
        step = len(seeds) if size == "all" else size
        parts = [seeds[start : start + step] for start in range(0, len(seeds), step)]
        return tuple(f"{p[0]}-{p[-1]}" if len(p) > 1 else f"{p[0]}" for p in parts)

    @property
    def threads(self) -> int:
        """Processor threads of a training job."""
        return self.settings.threads or self.protocol.threads

    def arguments(self, method: str, dataset: str) -> dict[str, ParameterValue]:
        """Arguments of a method's estimator on a data set under the protocol of this run."""
        values: dict[str, ParameterValue] = {}
        for name, parameter in self.methods[method].parameters.items():
            changed = self.protocol.override(method, name, dataset)
            values[name] = _value(parameter, dataset) if isinstance(changed, Unchanged) else changed
        return values

    def argument(self, method: str, dataset: str, name: str) -> ParameterValue:
        """An argument of a method, or else of the nearest method that it starts from and has it.

        Raises:
            KeyError: none of them has it.
        """
        for each in reversed(self.chain(method)):
            found = self.arguments(each, dataset)
            if name in found:
                return found[name]
        raise KeyError(name)

    def input_scale(self, method: str, dataset: str) -> float:
        """Factor on the features before they enter a method."""
        return float(_value(self.methods[method].input_scale, dataset))  # type: ignore[arg-type]

    def chain(self, method: str) -> tuple[str, ...]:
        """A method preceded by all that it starts from, first stage first."""
        start = self.methods[method].starts_from
        return (*self.chain(start), method) if start else (method,)


def _value(parameter: Parameter, dataset: str) -> ParameterValue:
    override = parameter.datasets.get(dataset)
    return override.value if override else parameter.value


def _as_option(value: object) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return "" if value is None else str(value)


def seeds_of(block: str) -> tuple[int, ...]:
    """Seeds of a block: ``0-2`` is (0, 1, 2)."""
    first, _, last = block.partition("-")
    return tuple(range(int(first), int(last or first) + 1))


def load_experiment(root: Path | str = ".", given: Mapping[str, Any] | None = None) -> Experiment:
    """Read config/ below ``root``; ``given`` are values from ``--config`` that go before the file.

    Raises:
        ConfigError: a file or value is not usable, with place and nearest allowed name.
    """
    root = Path(root)
    config = root / "config"
    settings, place = read_settings(config / "config.yaml", given or {})
    files = read_files(config)
    check_references(files, root)
    experiment = Experiment(
        root=root,
        settings=settings,
        registry=files.registry.model,
        methods=_models(files.methods),
        papers=_models(files.papers),
        published={
            slug: with_ratios(files.papers[slug].model, tuple(rows.values()))
            for slug, rows in files.published.items()
        },
        deviations=_models(files.deviations),
        protocol=_protocol(settings.protocol, files, place("protocol")),
    )
    _check_choices(experiment, place)
    return experiment


def _models(documents: Mapping[str, Document[ModelT]]) -> dict[str, ModelT]:
    return {slug: document.model for slug, document in documents.items()}


def _protocol(slug: str, files: ConfigFiles, where: str) -> Protocol:
    if slug not in files.protocols:
        raise unknown("protocol", slug, files.protocols, where)
    return files.protocols[slug].model


def _check_choices(experiment: Experiment, place: Callable[[str], str]) -> None:
    """The papers, data sets and methods that the settings name must exist."""
    for key, kind, known in (
        ("papers", "paper", experiment.papers),
        ("datasets", "data set", experiment.registry.datasets),
        ("methods", "method", experiment.methods),
    ):
        chosen = getattr(experiment.settings, key)
        for name in chosen if chosen != "all" else ():
            if name not in known:
                raise unknown(kind, name, known, place(key))
