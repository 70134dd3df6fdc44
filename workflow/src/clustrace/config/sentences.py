"""What pydantic finds wrong with a configuration, as sentences."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from clustrace.config.base import SLUG_PATTERN

Location = tuple[str | int, ...]

_LONGEST_VALUE = 60


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to ``name``, or None if none is near."""
    plain = {_plain(candidate): candidate for candidate in known}
    wanted = _plain(name)
    if len(wanted) > 2:
        for candidate in plain:
            if candidate.startswith(wanted):
                return plain[candidate]
    match = difflib.get_close_matches(wanted, list(plain), n=1, cutoff=0.5)
    return plain[match[0]] if match else None


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def nearest(name: str, known: Iterable[str]) -> str:
    """`` — did you mean 'x'?`` with the known name nearest to ``name``, or an empty string."""
    match = closest(name, known)
    return f" — did you mean {match!r}?" if match else ""


def problems(
    error: ValidationError, content: Any, model: type[BaseModel]
) -> Iterator[tuple[Location, str]]:
    """Each fault that ``error`` tells of ``content``: its location, and a sentence."""
    faults: dict[Location, list[_Fault]] = {}
    for detail in error.errors(include_url=False):
        fault = _fault(detail, content, model)
        faults.setdefault(fault.location, []).append(fault)
    misspelt = {
        (*location[:-1], closest(str(location[-1]), found[0].known_keys))
        for location, found in faults.items()
        if found[0].kind == "extra_forbidden"
    }
    for location, found in faults.items():
        # A union is tried member by member; what is wrong deeper inside says more.
        deeper = any(o[: len(location)] == location and o != location for o in faults)
        if not deeper and not (found[0].kind == "missing" and location in misspelt):
            yield location, _sentence(location, found)


@dataclass(frozen=True)
class _Fault:
    """One of pydantic's errors, placed in the content.

    Attributes:
        detail: what pydantic says of it.
        location: where it is, without the tags that pydantic adds for members of unions.
        known_keys: keys that the mapping around it may have; empty where any may stand.
    """

    detail: ErrorDetails
    location: Location
    known_keys: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Pydantic's name of the error."""
        return self.detail["type"]


def _fault(detail: ErrorDetails, content: Any, model: type[BaseModel]) -> _Fault:
    location: list[str | int] = []
    known_keys: list[str] = []
    here: list[Any] = [model]
    for depth, part in enumerate(detail["loc"], start=1):
        absent = detail["type"] == "missing" and depth == len(detail["loc"])
        if not _holds(content, part) and not absent:
            here = [option for option in here if _is_tagged(option, part)] or here
            continue
        known_keys = [key for option in here for key in _fields(option)]
        location.append(part)
        here = [inner for option in here for inner in _inside(option, part)]
        content = None if absent else content[part]
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        location.append(str(detail["ctx"]["discriminator"]).strip("'"))
    return _Fault(detail, tuple(location), tuple(known_keys))


def _holds(content: Any, part: str | int) -> bool:
    if isinstance(content, list | tuple):
        return isinstance(part, int) and part < len(content)
    return isinstance(content, dict) and part in content


def _options(annotation: Any) -> list[Any]:
    """Members of a type that is a union, else the type itself."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _options(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [option for member in get_args(annotation) for option in _options(member)]
    return [annotation]


def _fields(option: Any) -> dict[str, Any]:
    """Types of a model's fields by their key in a file; none for any other type."""
    if isinstance(option, type) and issubclass(option, BaseModel):
        return {f.alias or name: f.annotation for name, f in option.model_fields.items()}
    return {}


def _inside(option: Any, part: str | int) -> list[Any]:
    """Types that may stand under a key or index of a value of the type ``option``."""
    if get_origin(option) in (dict, list):
        return _options(get_args(option)[-1])
    annotation = _fields(option).get(str(part))
    return [] if annotation is None else _options(annotation)


def _is_tagged(option: Any, tag: str | int) -> bool:
    """True for a model that has a field, such as ``kind``, with ``tag`` among its values."""
    types = _fields(option).values()
    return any(get_origin(kind) is Literal and tag in get_args(kind) for kind in types)


def _sentence(location: Location, faults: Sequence[_Fault]) -> str:
    first = faults[0]
    name = ".".join(str(part) for part in location)
    match first.kind:
        case "extra_forbidden":
            hint = nearest(str(location[-1]), first.known_keys) or "."
            return f"unknown key {name!r}{hint} Allowed here: {', '.join(first.known_keys)}."
        case "missing" | "union_tag_not_found":
            return f"the key {name!r} is missing; add it."
        case "invalid_key":
            return f"the key {name!r} must be text; put it in quotes."
    value = first.detail["input"]
    if first.detail["loc"][-1:] == ("[key]",):
        return f"the key {name!r} must be {_wanted(first.detail)}."
    if first.kind == "union_tag_invalid":
        value = first.detail["ctx"]["tag"]
    if first.kind == "value_error":
        subject = f"{name} is {_shown(value)}; " if _is_short(value) else f"{name}: " * bool(name)
        return f"{subject}{first.detail['ctx']['error']}."
    wanted = _alternatives([_wanted(fault.detail) for fault in faults])
    options = [option for fault in faults for option in _choices(fault.detail)]
    hint = nearest(str(value), options) or "."
    return f"{name or 'the content'} is {_shown(value)}, but must be {wanted}{hint}"


_NOUNS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "string": "text",
    "list": "a list",
    "dict": "a mapping of keys to values",
    "model": "a mapping of keys to values",
}


def _wanted(detail: ErrorDetails) -> str:
    """What would have been right, as in ``must be …``."""
    kind, context = detail["type"], detail.get("ctx", {})
    match kind:
        case "literal_error":
            return str(context["expected"])
        case "union_tag_invalid":
            return f"one of {context['expected_tags']}"
        case "greater_than":
            return f"greater than {context['gt']:g}"
        case "greater_than_equal":
            return f"at least {context['ge']:g}"
        case "less_than_equal":
            return f"at most {context['le']:g}"
        case "too_short":
            return f"a list of at least {context['min_length']}"
        case "string_pattern_mismatch" if context["pattern"] == SLUG_PATTERN:
            return "lower-case letters and digits, in words joined by single hyphens"
        case "string_pattern_mismatch":
            return f"text of the form {context['pattern']}"
    noun = _NOUNS.get(kind.partition("_")[0])
    return noun or f"otherwise ({detail['msg'][:1].lower()}{detail['msg'][1:]})"


def _alternatives(wanted: Sequence[str]) -> str:
    """``a, b or c``; whole numbers are numbers anyway."""
    covered = "a whole number" if "a number" in wanted else None
    *others, last = [text for text in dict.fromkeys(wanted) if text != covered]
    return f"{', '.join(others)} or {last}" if others else last


def _choices(detail: ErrorDetails) -> list[str]:
    """Values that a text may have where only few are allowed."""
    context = detail.get("ctx", {})
    listed = str(context.get("expected_tags") or context.get("expected") or "")
    return [part.strip(" '") for part in listed.replace(" or ", ",").split(",") if part.strip()]


def _is_short(value: Any) -> bool:
    return not isinstance(value, dict | BaseModel) and len(str(value)) <= _LONGEST_VALUE


def _shown(value: Any) -> str:
    """A value as an error quotes it."""
    if value is None:
        return "empty"
    if isinstance(value, dict | BaseModel):
        return "a mapping of keys to values"
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
