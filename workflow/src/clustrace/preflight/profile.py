"""What a Snakemake profile asks of a site, and in which line it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clustrace.config.yamlfile import Lines, read_yaml
from clustrace.errors import ConfigError

_FILES = ("config.v9+.yaml", "config.yaml")


@dataclass(frozen=True)
class Wish:
    """A resource that a profile gives to jobs.

    Attributes:
        rule: rule of the jobs; empty for all that have no other.
        name: name of the resource.
        value: what it is.
        location: where in the profile it stands.
    """

    rule: str
    name: str
    value: str
    location: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """A Snakemake profile.

    Attributes:
        path: its file.
        content: what it says.
        lines: lines of its keys.
    """

    path: Path
    content: Mapping[str, Any]
    lines: Lines

    @classmethod
    def load(cls, name: str, root: Path) -> Profile:
        """The profile that ``--profile name`` means in a repository.

        Raises:
            ConfigError: there is no such profile, or it is not usable.
        """
        if profile := cls.find(name, root):
            return profile
        raise ConfigError(
            f"There is no profile {name!r}: {root / name / 'config.yaml'} does not exist; call "
            "from the root of the repository, or name the profile's folder."
        )

    @classmethod
    def find(cls, name: str, root: Path) -> Profile | None:
        """The profile of this name in a repository; None if it has none, as one of the user's own.

        Raises:
            ConfigError: it is not usable.
        """
        path = next((root / name / file for file in _FILES if (root / name / file).is_file()), None)
        if path is None:
            return None
        content, lines = read_yaml(path)
        if not isinstance(content, dict):
            raise ConfigError(f"{path}: a profile is a mapping of Snakemake's options.")
        return cls(path, content, lines)

    @property
    def executor(self) -> str:
        """Where jobs run; ``local`` if it does not say."""
        return str(self.content.get("executor", "local"))

    @property
    def jobs(self) -> int | None:
        """Most jobs at a time; None if it does not say."""
        jobs = self.content.get("jobs")
        return jobs if isinstance(jobs, int) else None

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the workflow that it gives: its ``configfile``, then its ``config``.

        Raises:
            ConfigError: a file of settings is not usable.
        """
        found: dict[str, Any] = {}
        files = self.content.get("configfile") or []
        for file in [files] if isinstance(files, str) else files:
            content, _ = read_yaml(self._beside(str(file)))
            found |= content or {}
        return found | dict(_pairs(self.content.get("config")))

    @property
    def pairs(self) -> list[str]:
        """Its settings as ``key=value``; those of the command line stand behind them.

        Raises:
            ConfigError: a file of settings is not usable.
        """
        return [f"{key}={value}" for key, value in self.settings.items()]

    @property
    def settings_file(self) -> Path:
        """Where its settings of the workflow stand: its last ``configfile``, or itself."""
        files = self.content.get("configfile") or []
        names = [files] if isinstance(files, str) else files
        return self._beside(str(names[-1])) if names else self.path

    def option(self, name: str) -> Any:
        """Value of an option of Snakemake; None if it does not say."""
        return self.content.get(name)

    def place(self, *location: str) -> str:
        """``line 12 of slurm/config.yaml``, for the longest part of a location that is there."""
        for end in range(len(location), 0, -1):
            if location[:end] in self.lines:
                return f"line {self.lines[location[:end]]} of {self.path}"
        return str(self.path)

    def wish(self, name: str, rule: str = "") -> Wish | None:
        """The resource of a rule's jobs, or else of all."""
        mine = {each.rule: each for each in self.wishes if each.name == name}
        return mine.get(rule) or mine.get("")

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """Resources for all jobs, then those for single rules."""
        defaults = self.content.get("default-resources")
        wishes = [
            Wish("", name, str(value), ("default-resources", name))
            for name, value in _pairs(defaults)
        ]
        rules = self.content.get("set-resources")
        if isinstance(rules, dict):
            wishes += [
                Wish(rule, name, str(value), ("set-resources", rule, name))
                for rule, given in rules.items()
                for name, value in _pairs(given)
            ]
        else:
            for place, value in _pairs(rules):
                rule, _, name = place.partition(":")
                wishes.append(Wish(rule, name, str(value), ("set-resources",)))
        return tuple(wishes)

    def distinct(self, name: str) -> tuple[Wish, ...]:
        """Resources of a name, each value once."""
        wishes: dict[str, Wish] = {}
        for wish in self.wishes:
            if wish.name == name and wish.value not in ("", "None"):
                wishes.setdefault(wish.value, wish)
        return tuple(wishes.values())

    def _beside(self, file: str) -> Path:
        """A file that the profile names: from where Snakemake runs, or else beside the profile."""
        root = self.path.parent.parent
        return root / file if (root / file).is_file() else self.path.parent / file


def _pairs(given: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of ``{name: value}`` or ``[name=value]``."""
    if isinstance(given, dict):
        yield from ((str(name), value) for name, value in given.items())
    elif given is not None:
        for pair in [given] if isinstance(given, str) else given:
            name, _, value = str(pair).partition("=")
            yield name, value


def sentence_start(place: str) -> str:
    """A place of a profile where a sentence begins."""
    return f"Line{place.removeprefix('line')}" if place.startswith("line ") else place
