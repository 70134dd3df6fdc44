"""config/README.md: every key, and what methods, data sets, protocols and papers there are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from clustrace.config.base import ParameterValue
from clustrace.config.datasets import DataRegistry, UnitRange
from clustrace.config.keys import Section, sections
from clustrace.config.methods import Method, Parameter
from clustrace.config.papers import PublishedNumber
from clustrace.config.reading import ConfigFiles
from clustrace.config.schemas import MODELS
from clustrace.config.sources import (
    DownloadSource,
    GeneratedSource,
    MirrorFilesSource,
    MirrorSource,
    PackageSource,
    ScikitLearnSource,
    Source,
)
from clustrace.config.variants import inherits, own_parameters, states_itself
from clustrace.config.yamlfile import Document, ModelT

_SPECIAL = re.compile(r"([\\`*_<>|~])")
_BLANK_LINES = re.compile(r"\n{3,}")

_FILES = {
    "config": "config.yaml",
    "datasets": "datasets.yaml",
    "method": "methods/<method>.yaml",
    "protocol": "protocols/<protocol>.yaml",
    "paper": "papers/<paper>.yaml",
    "deviations": "papers/<paper>.deviations.yaml",
}


@dataclass(frozen=True)
class ExplainedFile:
    """A kind of file: its path below config/, its schema's name, and its keys."""

    path: str
    schema: str
    sections: Sequence[Section]


@dataclass(frozen=True)
class Change:
    """A hyper-parameter that protocols change: its own value, and theirs by protocol."""

    method: str
    parameter: str
    own: ParameterValue
    values: Mapping[str, ParameterValue | Mapping[str, ParameterValue]]


def render_readme(files: ConfigFiles) -> str:
    """Text of config/README.md, made from the models and the files alone."""
    environment = Environment(
        loader=PackageLoader("clustrace.config"),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "plain": plain,
        "cell": markdown_cell,
        "value": value_text,
        "source": source_text,
        "scaling": scaling_text,
        "features": features_text,
        "hyper_parameters": lambda method: hyper_parameters(files.methods[method.slug]),
    }
    text = environment.get_template("README.md").render(
        explained=[ExplainedFile(_FILES[n], n, sections(m)) for n, m in MODELS.items()],
        published=sections(PublishedNumber)[0],
        registry=files.registry.model,
        methods=_models(files.methods),
        protocols=_models(files.protocols),
        papers=_models(files.papers),
        deviations={slug: document.model for slug, document in files.deviations.items()},
        changes=_changes(files),
    )
    return _BLANK_LINES.sub("\n\n", text).rstrip() + "\n"


def _models(documents: Mapping[str, Document[ModelT]]) -> list[ModelT]:
    return [document.model for document in documents.values()]


def _changes(files: ConfigFiles) -> list[Change]:
    changed = {
        (method, parameter): None
        for protocol in files.protocols.values()
        for method, overrides in protocol.model.overrides.items()
        for parameter in overrides
        if states_itself(protocol, "overrides", method, parameter)
    }
    return [
        Change(
            method,
            parameter,
            files.methods[method].model.parameters[parameter].value,
            {
                slug: protocol.model.overrides[method][parameter]
                for slug, protocol in files.protocols.items()
                if parameter in protocol.model.overrides.get(method, {})
            },
        )
        for method, parameter in sorted(changed)
    ]


def plain(text: str) -> str:
    """Text that Markdown prints as it is, also inside a table."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def markdown_cell(text: str) -> str:
    """Markdown that fits into one cell of a table."""
    return " ".join(text.split()).replace("|", r"\|")


def hyper_parameters(document: Document[Method]) -> dict[str, Parameter]:
    """Hyper-parameters by name, with the scale of the features where the method sets it.

    Of a variant, those alone that its own file states.
    """
    method = document.model
    inherited = method.starts_from or inherits(document, "input_scale")
    scale = {} if inherited else {"input_scale": method.input_scale}
    return {**scale, **own_parameters(document)}


def value_text(value: ParameterValue | Mapping[str, ParameterValue]) -> str:
    """A value as YAML has it; values by data set one after the other."""
    if isinstance(value, Mapping):
        return ", ".join(f"{dataset}: {value_text(one)}" for dataset, one in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def scaling_text(scale: UnitRange) -> str:
    """How stored values x map to [0, 1]."""
    numerator = f"(x + {scale.offset:g})" if scale.offset else "x"
    return numerator if scale.divisor == 1 else f"{numerator} / {scale.divisor:g}"


def features_text(registry: DataRegistry, slug: str) -> str:
    """Shape of the samples of a data set, and whether they are sparse."""
    size = registry.datasets[slug].features
    sparse = ", sparse" if size is not None and size.nonzeros else ""
    return " x ".join(map(str, registry.shape(slug))) + sparse


def source_text(source: Source) -> str:
    """A source of data in a few words of Markdown."""
    match source:
        case MirrorSource():
            part = "" if source.part == "all" else f", part `{source.part}`"
            text = f"mirror: `{source.file}`{part}"
        case DownloadSource():
            addresses = [url for file in source.files.values() for url in file.urls]
            hosts = dict.fromkeys(urlsplit(url).netloc for url in addresses)
            text = f"download: {len(source.files)} files from {', '.join(hosts)}"
        case PackageSource():
            text = f"{source.kind} package: `{source.package}` {source.version}"
        case ScikitLearnSource():
            text = f"scikit-learn: `{source.loader}`"
        case MirrorFilesSource():
            text = f"mirror: {len(source.files)} files of the download"
        case GeneratedSource():
            text = f"generated: `{source.generator}`, seed {source.seed}"
    return f"{text}, rows in another order" if source.permutation else text
