"""Methods that are variants of others: what a file leaves out is taken from another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from clustrace.config.methods import Method, Parameter
from clustrace.config.protocols import Protocol
from clustrace.config.yamlfile import Document, place_in, read_yaml, unknown, validate
from clustrace.errors import ConfigError

_BASE = "variant_of"


def read_methods(paths: Mapping[str, Path]) -> dict[str, Document[Method]]:
    """Read and validate method files, variants with all that they take from others.

    Args:
        paths: files by their slugs.

    Raises:
        ConfigError: a file is not usable, or is a variant of a method that there is not.
    """
    reader = _Reader(paths)
    return {slug: reader.document(slug) for slug in paths}


@dataclass(frozen=True)
class _Reader:
    paths: Mapping[str, Path]
    contents: dict[str, Any] = field(default_factory=dict)
    """Contents with all that they take from others, by slug."""
    documents: dict[str, Document[Method]] = field(default_factory=dict)

    def document(self, slug: str, before: tuple[str, ...] = ()) -> Document[Method]:
        if slug not in self.documents:
            path = self.paths[slug]
            content, lines = read_yaml(path)
            base = content.get(_BASE) if isinstance(content, dict) else None
            if isinstance(base, str):
                self._check_base(base, (*before, slug), place_in(path, lines, (_BASE,)))
                self.document(base, (*before, slug))
                content = _merged(self.contents[base], content)
            model = validate(content, Method, partial(place_in, path, lines))
            self.contents[slug] = content
            self.documents[slug] = Document(path, model, lines)
        return self.documents[slug]

    def _check_base(self, base: str, chain: tuple[str, ...], where: str) -> None:
        if base not in self.paths:
            raise unknown("method", base, set(self.paths) - set(chain), where)
        if base in chain:
            raise ConfigError(
                f"{where}: {' is a variant of '.join((*chain, base))}; one of them must stand on "
                "its own."
            )


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Own keys before those of the base; parameters one by one."""
    parameters = [content.get("parameters") or {} for content in (base, own)]
    if not all(isinstance(each, dict) for each in parameters):
        return {**base, **own}
    return {**base, **own, "parameters": {**parameters[0], **parameters[1]}}


def bases_of(slug: str, methods: Mapping[str, Document[Method]]) -> Iterator[str]:
    """What a method is a variant of, nearest first."""
    base = methods[slug].model.variant_of
    while base is not None:
        yield base
        base = methods[base].model.variant_of


def states_itself(document: Document[Method] | Document[Protocol], *key: str) -> bool:
    """Whether a file itself has a key, and does not take it from another method."""
    return key in document.lines


def own_parameters(document: Document[Method]) -> dict[str, Parameter]:
    """Parameters of a method that it does not take from another, by name."""
    parameters = document.model.parameters
    if document.model.variant_of is None:
        return parameters
    return {n: p for n, p in parameters.items() if states_itself(document, "parameters", n)}


def inherits(document: Document[Method], *keys: str) -> bool:
    """Whether a method takes all of these keys from another, whose file is to blame for them."""
    is_variant = document.model.variant_of is not None
    return is_variant and not any(states_itself(document, key) for key in keys)


def heirs_of(slug: str, methods: Mapping[str, Document[Method]], *key: str) -> set[str]:
    """A method, and its variants that take a key from it."""
    heirs = {slug}
    for other in methods:
        for base in (other, *bases_of(other, methods)):
            if base == slug:
                heirs.add(other)
            if states_itself(methods[base], *key):
                break
    return heirs


def with_variants(
    protocol: Document[Protocol], methods: Mapping[str, Document[Method]]
) -> Document[Protocol]:
    """A protocol whose changes to a method hold for its variants, where they have no other."""
    overrides = dict(protocol.model.overrides)
    for slug in methods:
        for base in bases_of(slug, methods):
            inherited = protocol.model.overrides.get(base, {})
            overrides[slug] = {**inherited, **overrides.get(slug, {})}
    own = {slug: changed for slug, changed in overrides.items() if changed}
    return replace(protocol, model=protocol.model.model_copy(update={"overrides": own}))
