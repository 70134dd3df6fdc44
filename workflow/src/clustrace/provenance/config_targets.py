"""Parts of the configuration, and which recorded jobs an edit of them concerns.

A key is written as in the files, after the name of the file: ``methods.sae.learning_rate`` (short
for ``methods.sae.parameters.learning_rate``), ``protocols.quick.overrides.cae``,
``datasets.usps.fingerprint``, ``papers.dcec``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from clustrace.config.datasets import DataSet, RawData
from clustrace.config.methods import Method
from clustrace.config.protocols import UNCHANGED, Protocol
from clustrace.config.reading import ConfigFiles, read_files
from clustrace.config.settings import Settings
from clustrace.config.variants import heirs_of
from clustrace.config.yamlfile import unknown
from clustrace.errors import ConfigError
from clustrace.provenance.impact import JobFacts, Target

# Wildcard of the jobs that a key of a protocol concerns; the others are printed, or say which seeds
# count, and concern what is made of a paper.
_CONCERNED_BY = {
    "": "method",
    "overrides": "method",
    "precision": "method",
    "max_samples": "subset",
}

_FOLDER = "config/"
_Concerns = Callable[[JobFacts], bool]

# Fields that nothing is computed from.
_WORDS = {
    "methods": ("name", "equation", "reference", "slug"),
    "datasets": ("title", "note", "demonstration", "publisher", "licence", "sources", "features"),
}


def config_target(text: str, root: Path) -> Target:
    """The target that a file of config/ or a key names.

    Raises:
        ConfigError: there is no such file or key, or the configuration is not usable.
    """
    files = read_files(root / "config")
    kind, *rest = text.split(".") if not text.startswith(_FOLDER) else _words_of_file(text, root)
    return Target(text, KINDS[kind](rest, files, text))


def _words_of_file(path: str, root: Path) -> list[str]:
    """The key that stands for a whole file of config/."""
    if not (root / path).is_file():
        raise ConfigError(f"There is no file {root / path}; check its name.")
    inside = path.removeprefix(_FOLDER)
    words = inside.removesuffix(".yaml").removesuffix(".published.csv").split("/")
    # Of the rest (deviations, schemas, README) nothing is computed.
    return words if words[0] in KINDS and "." not in words[-1] else ["config"]


def _nothing(_: JobFacts) -> bool:
    return False


def _methods(rest: Sequence[str], files: ConfigFiles, text: str) -> _Concerns:
    slug, *inside = _known(rest, "method", files.methods, text)
    method = files.methods[slug].model
    if not inside:
        everything = heirs_of(slug, files.methods)
        return lambda facts: facts.job.wildcards.get("method") in everything
    field = inside[0]
    if field in _WORDS["methods"]:
        return _nothing
    if field in Method.model_fields and field not in ("parameters", "input_scale"):
        heirs = heirs_of(slug, files.methods, field)
        return lambda facts: facts.job.wildcards.get("method") in heirs
    name, *deeper = inside[1:] if field == "parameters" else inside
    if name != "input_scale" and name not in method.parameters:
        raise unknown(f"parameter of {slug}", name, [*method.parameters, "input_scale"], text)
    return _parameter(slug, name, deeper, files)


def _parameter(slug: str, name: str, deeper: Sequence[str], files: ConfigFiles) -> _Concerns:
    """Jobs of a method that get the value of a parameter from where it was named."""
    method = files.methods[slug].model
    declared = method.input_scale if name == "input_scale" else method.parameters[name]
    if deeper[-1:] == ["source"]:
        return _nothing
    only = deeper[1] if len(deeper) > 1 and deeper[0] == "datasets" else None
    key = (name,) if name == "input_scale" else ("parameters", name)
    heirs = heirs_of(slug, files.methods, *key)

    def concerns(facts: JobFacts) -> bool:
        about, protocol = facts.job.wildcards, files.protocols.get(facts.protocol)
        method, dataset = about.get("method", ""), about.get("dataset", "")
        overridden = (
            protocol is not None and protocol.model.override(method, name, dataset) is not UNCHANGED
        )
        here = dataset == only if only else dataset not in declared.datasets
        return method in heirs and here and not overridden

    return concerns


def _protocols(rest: Sequence[str], files: ConfigFiles, text: str) -> _Concerns:
    slug, *inside = _known(rest, "protocol", files.protocols, text)
    field, *deeper = inside or [""]
    if field and field not in Protocol.model_fields:
        raise unknown("key of a protocol", field, Protocol.model_fields, text)
    if field == "threads":
        return _nothing  # Snakemake runs nothing again for it.
    wildcard = _CONCERNED_BY.get(field, "paper")
    values: set[str] | None = None
    if field == "overrides" and deeper:
        values = heirs_of(_known(deeper, "method", files.methods, text)[0], files.methods)

    def concerns(facts: JobFacts) -> bool:
        found = facts.job.wildcards.get(wildcard)
        return facts.protocol == slug and found is not None and (values is None or found in values)

    return concerns


def _datasets(rest: Sequence[str], files: ConfigFiles, text: str) -> _Concerns:
    registry = files.registry.model
    if not rest:
        return lambda facts: bool({"raw", "dataset"} & set(facts.job.wildcards))
    # Both levels of the file may be left out: a data set often has the name of its raw data.
    levels = {"raw": set(registry.raw), "datasets": set(registry.datasets)}
    level = rest[0] if rest[0] in levels and len(rest) > 1 else ""
    known = levels[level] if level else levels["raw"] | levels["datasets"]
    slug, *inside = _known(rest[1:] if level else rest, "data set", known, text)
    field = inside[0] if inside else ""
    fields = {**RawData.model_fields, **DataSet.model_fields}
    if field and field not in fields:
        raise unknown("key of a data set", field, fields, text)
    if field in _WORDS["datasets"]:
        return _nothing
    raw = level != "datasets" and field in ("", *RawData.model_fields)
    dataset = level != "raw" and field in ("", *DataSet.model_fields)

    def concerns(facts: JobFacts) -> bool:
        about = facts.job.wildcards
        return (raw and about.get("raw") == slug) or (dataset and about.get("dataset") == slug)

    return concerns


def _papers(rest: Sequence[str], files: ConfigFiles, text: str) -> _Concerns:
    slug = _known(rest, "paper", files.papers, text)[0]
    return lambda facts: facts.job.wildcards.get("paper") == slug


def _settings(rest: Sequence[str], files: ConfigFiles, text: str) -> _Concerns:
    """Settings choose what is run, and results that were chosen before stay as they are."""
    if rest and rest[0] not in Settings.model_fields:
        raise unknown("setting", rest[0], Settings.model_fields, text)
    return _nothing


def _known(rest: Sequence[str], kind: str, names: Iterable[str], text: str) -> list[str]:
    """The words of a key below its first, which must be a known name."""
    if not rest or rest[0] not in names:
        raise unknown(kind, rest[0] if rest else "", names, text)
    return list(rest)


#: What stands first in a key, with what an edit of the rest concerns.
KINDS: dict[str, Callable[[Sequence[str], ConfigFiles, str], _Concerns]] = {
    "methods": _methods,
    "protocols": _protocols,
    "datasets": _datasets,
    "papers": _papers,
    "config": _settings,
}
