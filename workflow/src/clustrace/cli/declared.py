"""What config/ names in the code: estimators with their arguments, parsers with their files."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping

from clustrace.config.base import ParameterValue
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
from clustrace.data.bodies import Samples
from clustrace.data.derivations import DERIVATIONS
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
    "classify": {"random_state", "features"},
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
        if raw.derivation is not None:
            name, given = raw.derivation.function, raw.derivation.arguments
            place = registry.place("raw", slug, "derivation")
            yield from _named("derivation", name, given, DERIVATIONS, {"samples"}, place)
        for index, source in enumerate(raw.sources):
            here = ("raw", slug, "sources", index)
            if isinstance(source, GeneratedSource):
                name, given = source.generator, source.arguments
                place = registry.place(*here)
                yield from _named("generator", name, given, GENERATORS, {"seed"}, place)
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


def _named(
    kind: str,
    name: str,
    given: Mapping[str, ParameterValue],
    known: Mapping[str, Callable[..., Samples]],
    own: set[str],
    where: str,
) -> Iterator[str]:
    """Whether a function exists and takes its arguments; ``own`` are those it gets elsewhere."""
    if name not in known:
        yield str(unknown(kind, name, known, where))
        return
    free = sorted(set(inspect.signature(known[name]).parameters) - own)
    for argument in given:
        if argument not in free:
            yield str(unknown(f"{name} argument", argument, free, where))


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
    updates = {"update_interval", "epochs", "rounds"}
    if method.stage == "finetune" and not method.parameters.keys() & updates:
        where = document.place("parameters")
        yield (
            f"{where}: a method of stage 'finetune' needs the parameter update_interval, or epochs "
            "or rounds if it updates at each of them."
        )
