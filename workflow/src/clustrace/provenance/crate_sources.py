"""What a repository says of itself for an RO-Crate: its Snakefile, and how to cite it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from clustrace.errors import ConfigError, StorageError

# Where Snakemake itself looks for it.
_SNAKEFILES = ("Snakefile", "workflow/Snakefile")
_INCLUDE = re.compile(r"""^\s*include:\s*(["'])([^"'{}]+)\1""", re.MULTILINE)
_CITATION = "CITATION.cff"


class Author(BaseModel):
    """An author, or an organisation that stands for several."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    name: str = ""
    given: str = Field(default="", alias="given-names")
    family: str = Field(default="", alias="family-names")

    @property
    def is_person(self) -> bool:
        """True unless it has a name of its own, as organisations do."""
        return not self.name

    @property
    def full_name(self) -> str:
        """The name as one text."""
        return self.name or f"{self.given} {self.family}".strip()


class Citation(BaseModel):
    """The part of CITATION.cff that a crate repeats."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, populate_by_name=True, coerce_numbers_to_str=True
    )

    title: str = ""
    version: str = ""
    licences: tuple[str, ...] = Field(default=(), alias="license")
    """Identifiers in the SPDX list; the file has one, or a list of them."""
    authors: tuple[Author, ...] = ()

    @field_validator("licences", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


def read_citation(root: Path) -> Citation:
    """What CITATION.cff says; nothing where there is none.

    Raises:
        ConfigError: it is not usable.
    """
    path = root / _CITATION
    if not path.is_file():
        return Citation()
    try:
        return Citation.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        cause = f"{'.'.join(map(str, first['loc'])) or 'text'}: {first['msg']}"
    except (OSError, ValueError, yaml.YAMLError) as error:
        cause = " ".join(str(error).split())
    raise ConfigError(f"{path} cannot be read as a citation ({cause}); mend it.")


def workflow_files(root: Path) -> tuple[Path, ...]:
    """The Snakefile, and after it the files that it includes by name, directly or not.

    Raises:
        StorageError: there is no Snakefile, or it cannot be read.
    """
    top = next((path for name in _SNAKEFILES if (path := root / name).is_file()), None)
    if top is None:
        raise StorageError(
            f"There is no {' or '.join(_SNAKEFILES)} in {root.resolve()}, and a crate of workflow "
            "runs must hold the workflow; restore it."
        )
    found: dict[Path, None] = {}
    pending = [top]
    while pending:
        path = pending.pop()
        if path not in found:
            found[path] = None
            pending += _included(path, root)
    return (top, *sorted(path for path in found if path != top))


def _included(path: Path, root: Path) -> Iterator[Path]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} cannot be read ({error}); mend it.") from error
    for match in _INCLUDE.finditer(text):
        included = path.parent / match[2]
        if included.is_file() and included.resolve().is_relative_to(root.resolve()):
            yield included
