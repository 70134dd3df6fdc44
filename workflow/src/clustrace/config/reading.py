"""Reading all of config/: each file validated by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from clustrace.config.csvfile import read_rows
from clustrace.config.datasets import DataRegistry
from clustrace.config.methods import Method
from clustrace.config.papers import Deviations, Paper, PublishedNumber
from clustrace.config.protocols import Protocol
from clustrace.config.sentences import Location
from clustrace.config.settings import Settings
from clustrace.config.variants import read_methods, with_variants
from clustrace.config.yamlfile import Document, load_document, read_yaml, validate
from clustrace.errors import ConfigError

NamedT = TypeVar("NamedT", Paper, Protocol)

_DEVIATIONS = ".deviations.yaml"
_PUBLISHED = ".published.csv"


@dataclass(frozen=True)
class ConfigFiles:
    """All files of config/ but config.yaml; those of papers by the paper's slug.

    Attributes:
        folder: the folder config/.
        registry: data sets.
        methods: methods by slug.
        protocols: protocols by slug.
        papers: papers by slug.
        deviations: deviations.
        published: published numbers by their line.
    """

    folder: Path
    registry: Document[DataRegistry]
    methods: Mapping[str, Document[Method]]
    protocols: Mapping[str, Document[Protocol]]
    papers: Mapping[str, Document[Paper]]
    deviations: Mapping[str, Document[Deviations]]
    published: Mapping[str, Mapping[int, PublishedNumber]]

    def published_path(self, paper: str) -> Path:
        """File of a paper's published numbers."""
        return self.folder / "papers" / f"{paper}{_PUBLISHED}"


def read_files(folder: Path) -> ConfigFiles:
    """Read and validate the files of ``folder``, each by itself.

    Raises:
        ConfigError: a file is not usable, has a wrong name, or is missing.
    """
    papers = _load_papers(folder / "papers")
    methods = _load_methods(folder / "methods")
    protocols = _load_folder(folder / "protocols", Protocol)
    return ConfigFiles(
        folder=folder,
        registry=load_document(folder / "datasets.yaml", DataRegistry),
        methods=methods,
        protocols={slug: with_variants(p, methods) for slug, p in protocols.items()},
        papers=papers,
        deviations={
            slug: load_document(folder / "papers" / f"{slug}{_DEVIATIONS}", Deviations)
            for slug in papers
        },
        published={
            slug: read_rows(folder / "papers" / f"{slug}{_PUBLISHED}", PublishedNumber)
            for slug in papers
        },
    )


def _load_papers(folder: Path) -> dict[str, Document[Paper]]:
    _refuse_yml(folder)
    paths = [path for path in _by_stem(folder) if not path.name.endswith(_DEVIATIONS)]
    papers = {path.stem: _load_named(path, Paper) for path in paths}
    for suffix in (_DEVIATIONS, _PUBLISHED):
        for path in sorted(folder.glob(f"*{suffix}")):
            if path.name.removesuffix(suffix) not in papers:
                raise ConfigError(
                    f"{path} belongs to no paper; name it after a file of {folder}, "
                    f"as in <paper>{suffix}."
                )
    return papers


def _load_methods(folder: Path) -> dict[str, Document[Method]]:
    _refuse_yml(folder)
    documents = read_methods({path.stem: path for path in _by_stem(folder)})
    for document in documents.values():
        _check_name(document)
    return documents


def _load_folder(folder: Path, model: type[NamedT]) -> dict[str, Document[NamedT]]:
    _refuse_yml(folder)
    return {path.stem: _load_named(path, model) for path in _by_stem(folder)}


def _by_stem(folder: Path) -> list[Path]:
    """Files in the order of their slugs; by name, ``dec-layerwise.yaml`` would precede ``dec``."""
    return sorted(folder.glob("*.yaml"), key=lambda path: path.stem)


def _refuse_yml(folder: Path) -> None:
    """A file that nothing reads would be missing without a word."""
    for path in sorted(folder.glob("*.yml")):
        raise ConfigError(f"{path} is not read; rename it to {path.stem}.yaml.")


def _load_named(path: Path, model: type[NamedT]) -> Document[NamedT]:
    document = load_document(path, model)
    _check_name(document)
    return document


def _check_name(document: Document[Method] | Document[Paper] | Document[Protocol]) -> None:
    slug, stem = document.model.slug, document.path.stem
    if slug != stem:
        raise ConfigError(
            f"{document.place('slug')}: the slug is {slug!r}, but must be the file's name, "
            f"{stem!r}."
        )


def read_settings(path: Path, given: Mapping[str, Any]) -> tuple[Settings, Callable[[str], str]]:
    """Settings of a call, and where each key's value comes from: an option or a line of the file.

    Args:
        path: config.yaml.
        given: values from ``--config``, which go before those of the file.

    Raises:
        ConfigError: a key or value is not usable, with the place where it was given.
    """
    content, lines = read_yaml(path)
    content = {} if content is None else content
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: write lines of the form `key: value`, as config/README.md has.")
    # Snakemake hands on the file's own values together with those of --config.
    options = {key: v for key, v in given.items() if key not in content or content[key] != v}

    def place(key: str) -> str:
        if key in options:
            return f"--config {key}={_as_option(options[key])}"
        return f"{path}:{lines[(key,)]}" if (key,) in lines else str(path)

    def where(location: Location) -> str:
        return place(str(location[0]) if location else "")

    return validate({**content, **options}, Settings, where), place


def _as_option(value: object) -> str:
    """A value as ``--config`` has it."""
    if isinstance(value, list):
        return ",".join(str(part) for part in value)
    return "" if value is None else str(value)
