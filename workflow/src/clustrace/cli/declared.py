"""What config/ names in the code: estimators with their arguments, parsers with their files."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from clustrace.config.datasets import DataRegistry
from clustrace.config.methods import Method
from clustrace.config.reading import ConfigFiles
from clustrace.config.sources import (
    DownloadSource,
    GeneratedSource,
    MirrorFilesSource,
    PackageSource,
)
from clustrace.config.variants import inherits, own_parameters
from clustrace.config.yamlfile import Document, unknown
from clustrace.data.generators import GENERATORS
from clustrace.data.parsers import PARSERS
from clustrace.errors import ConfigError
from clustrace.stages.training import estimator_class

#: Arguments that the stages give their estimators besides the hyper-parameters.
GIVEN = {
    "pretrain": {"random_state"},
    "initialise": {"random_state", "n_clusters", "autoencoder"},
    "finetune": {"random_state", "n_clusters", "autoencoder", "initial_centroids"},
    "cluster": {"random_state", "n_clusters"},
    "neighbours": set[str](),
    "partition": {"random_state", "n_clusters"},
}


def check_code(files: ConfigFiles) -> None:
    """Check that estimators, parsers and generators exist and take what they are to get.

    Raises:
        ConfigError: one line for each fault, with file and line.
    """
    faults = [*_parsers(files.registry), *_transforms(files.registry)]
    for method in files.methods.values():
        faults += _estimator(method)
    if faults:
        raise ConfigError("\n".join(faults))


def _parsers(registry: Document[DataRegistry]) -> Iterator[str]:
    for slug, raw in registry.model.raw.items():
        for index, source in enumerate(raw.sources):
            here = ("raw", slug, "sources", index)
            if isinstance(source, GeneratedSource):
                yield from _generator(source, registry.place(*here))
            if not isinstance(source, DownloadSource | MirrorFilesSource | PackageSource):
                continue
            if source.parser not in PARSERS:
                yield str(
                    unknown("parser", source.parser, PARSERS, registry.place(*here, "parser"))
                )
            elif set(source.files) != set(roles := PARSERS[source.parser].roles):
                yield (
                    f"{registry.place(*here, 'files')}: the parser {source.parser!r} needs the "
                    f"files {', '.join(roles)}, but there are {', '.join(source.files) or 'none'}."
                )


def _generator(source: GeneratedSource, where: str) -> Iterator[str]:
    if source.generator not in GENERATORS:
        yield str(unknown("generator", source.generator, GENERATORS, where))
        return
    free = sorted(set(inspect.signature(GENERATORS[source.generator]).parameters) - {"seed"})
    for name in source.arguments:
        if name not in free:
            yield str(unknown(f"{source.generator} argument", name, free, where))


def _transforms(registry: Document[DataRegistry]) -> Iterator[str]:
    for slug, dataset in registry.model.datasets.items():
        for index, step in enumerate(dataset.transforms):
            where = registry.place("datasets", slug, "transforms", index)
            try:
                known = inspect.signature(estimator_class(step.estimator)).parameters
            except ConfigError:
                yield f"{where}: there is no estimator {step.estimator!r}; correct the transform."
                continue
            for name in step.arguments:
                if name not in known:
                    yield str(unknown(f"{step.estimator} argument", name, known, where))


def _estimator(document: Document[Method]) -> Iterator[str]:
    method = document.model
    where = document.place("estimator")
    try:
        estimator = estimator_class(method.estimator)
    except ConfigError as error:
        if not inherits(document, "estimator"):
            yield f"{where}: {error}"
        return
    known = inspect.signature(estimator).parameters
    given = GIVEN[method.stage] - ({"n_clusters"} if method.finds_clusters else set())
    for name in sorted(given - set(known)) if not inherits(document, "estimator", "stage") else ():
        yield (
            f"{where}: {method.estimator} takes no argument {name!r}, which stage "
            f"{method.stage!r} gives; add it to the estimator."
        )
    for name in own_parameters(document):
        place = document.place("parameters", name)
        if name in given:
            yield f"{place}: stage {method.stage!r} gives {name!r} itself; remove the parameter."
        elif name not in known:
            free = sorted(set(known) - given)
            yield str(unknown(f"{method.estimator} argument", name, free, place))
    if inherits(document, "stage"):
        return
    if method.stage == "finetune" and not method.parameters.keys() & {"update_interval", "epochs"}:
        where = document.place("parameters")
        yield (
            f"{where}: a method of stage 'finetune' needs the parameter update_interval, or epochs "
            "if it updates at each epoch."
        )
