"""Reading YAML configuration: every error names file, line and the nearest known key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from clustrace.config.sentences import Location, nearest, problems
from clustrace.errors import ConfigError

ModelT = TypeVar("ModelT", bound=BaseModel)

# libyaml reads ten times as fast; PyYAML may have been built without it.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: More names than this are no sentence.
_MOST_NAMED = 60

#: Lines of the keys and list items of a file; an index counts as the text that it is.
Lines = Mapping[tuple[str, ...], int]


@dataclass(frozen=True)
class Document(Generic[ModelT]):
    """A validated file that still knows in which line each of its keys stands."""

    path: Path
    model: ModelT
    lines: Lines

    def place(self, *location: str | int) -> str:
        """``path:line`` of a key or list item."""
        return place_in(self.path, self.lines, location)


def unknown(kind: str, name: str, known: Iterable[str], where: str) -> ConfigError:
    """The error for a name that nothing in the configuration has."""
    names = sorted(known)
    told = f"Known: {', '.join(names)}."
    if len(names) > _MOST_NAMED:
        told = f"There are {len(names)}, listed in config/README.md."
    return ConfigError(f"{where}: there is no {kind} {name!r}{nearest(name, names) or '.'} {told}")


def read_yaml(path: Path) -> tuple[Any, Lines]:
    """Content of a YAML file, and the line of each key and list item by its location.

    Raises:
        ConfigError: the file is missing, no YAML, or has a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
        loader = _LOADER(text)
        root = loader.get_single_node()
        lines: dict[tuple[str, ...], int] = {}
        if root is None:
            return None, lines
        # Before merged keys (<<) are written into the nodes.
        _collect_lines(root, (), lines, path)
        return loader.construct_document(root), lines
    except OSError as error:
        raise ConfigError(
            f"{path} could not be read ({error.strerror}); write it, or restore it with git."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8."
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise ConfigError(f"{path}{line}: this is not valid YAML ({problem}).") from error


def _collect_lines(
    node: yaml.Node,
    here: tuple[str, ...],
    lines: dict[tuple[str, ...], int],
    path: Path,
    around: tuple[yaml.Node, ...] = (),
) -> None:
    if any(node is outer for outer in around):
        raise ConfigError(f"{path}: an alias (*) stands inside its own value; remove it.")
    around = (*around, node)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            location = (*here, str(key.value))
            line = key.start_mark.line + 1
            if location in lines:
                raise ConfigError(
                    f"{path}:{line}: the key {key.value!r} stands twice, "
                    f"first in line {lines[location]}; keep one."
                )
            lines[location] = line
            _collect_lines(value, location, lines, path, around)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*here, str(index))] = value.start_mark.line + 1
            _collect_lines(value, (*here, str(index)), lines, path, around)


def load_document(path: Path, model: type[ModelT]) -> Document[ModelT]:
    """Read and validate a YAML file.

    Raises:
        ConfigError: one line for each error, with file, line and what was expected.
    """
    content, lines = read_yaml(path)
    loaded = validate(content, model, lambda location: place_in(path, lines, location))
    return Document(path, loaded, lines)


def load_model(path: Path, model: type[ModelT]) -> ModelT:
    """Read and validate a YAML file of which only the content matters.

    Raises:
        ConfigError: one line for each error, with file, line and what was expected.
    """
    return load_document(path, model).model


def place_in(path: Path, lines: Lines, location: Location) -> str:
    """``path:line`` of the longest known beginning of ``location``."""
    parts = tuple(str(part) for part in location)
    for end in range(len(parts), 0, -1):
        if parts[:end] in lines:
            return f"{path}:{lines[parts[:end]]}"
    return str(path)


def validate(content: Any, model: type[ModelT], where: Callable[[Location], object]) -> ModelT:
    """Validate ``content``; ``where(location)`` names the place of an error.

    Raises:
        ConfigError: one line for each error.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines: dict[tuple[str, str], str] = {}
        for location, sentence in problems(error, content, model):
            # What aliases (*) repeat stands in one place of the file, and is told once.
            place, above = str(where(location)), "".join(f"{part}." for part in location[:-1])
            lines.setdefault((place, sentence.replace(above, "")), f"{place}: {sentence}")
        raise ConfigError("\n".join(lines.values())) from error
