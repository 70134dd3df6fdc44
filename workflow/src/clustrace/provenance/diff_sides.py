"""What the sides of a comparison stand for: ledgers, folders of results, or commits."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from clustrace.errors import ConfigError
from clustrace.provenance.committed import commit_of, committed_results
from clustrace.provenance.ledger_diff import Side


@dataclass(frozen=True)
class Selection:
    """Results that a text names.

    Attributes:
        sides: results by protocol.
        one: True if it names the results of one protocol, or one ledger, and no repository.
    """

    sides: Mapping[str, Side]
    one: bool


def selection(text: str, root: Path, stack: contextlib.ExitStack) -> Selection:
    """Results that a text names: a ledger, a folder of results, a repository, or a commit.

    Args:
        text: path or reference.
        root: repository root, where references are looked up.
        stack: keeps what is read of a commit until it is closed.

    Raises:
        ConfigError: it names none of these.
        StorageError: git cannot read the commit.
    """
    path = Path(text)
    if path.is_file():
        side = _of_ledger(text, path)
        return Selection({side.folder.name: side}, one=True)
    if path.is_dir() and any(path.glob("ledger/*.csv")):
        side = _of_folder(text, path)
        return Selection({side.folder.name: side}, one=True)
    if path.is_dir() and any(path.glob("results/*/ledger/*.csv")):
        return Selection(_of_repository(text, path), one=False)
    commit = commit_of(text, root)
    if commit is None:
        raise ConfigError(
            f"{text} is neither a ledger, nor a folder with ledgers, nor a commit of this "
            "repository; give one of these, as in `clustrace diff HEAD~1 results/paper`."
        )
    folder = stack.enter_context(committed_results(commit, root))
    return Selection(_of_repository(text, folder), one=False)


def pairs_of(a: Selection, b: Selection) -> list[tuple[Side | None, Side | None]]:
    """Sides to compare with each other.

    Results of one protocol are compared with those of one other, whatever their names, or with
    the same ledgers of a repository or commit; of two repositories or commits, all protocols.

    Raises:
        ConfigError: a repository or commit lacks the results that the other side names.
    """
    if a.one and b.one:
        return [(next(iter(a.sides.values())), next(iter(b.sides.values())))]
    if a.one:
        (side,) = a.sides.values()
        return [(side, _like(side, b))]
    if b.one:
        (side,) = b.sides.values()
        return [(_like(side, a), side)]
    return [(a.sides.get(name), b.sides.get(name)) for name in sorted({*a.sides, *b.sides})]


def _like(side: Side, other: Selection) -> Side:
    """Of a repository or commit, what belongs to one protocol's results or to one ledger."""
    name = side.folder.name
    if name not in other.sides:
        found = ", ".join(sorted(other.sides))
        raise ConfigError(f"There is no ledger of {name!r} to compare with, only of {found}.")
    wanted = {path.name for path in side.ledgers}
    chosen = other.sides[name]
    return replace(chosen, ledgers=tuple(p for p in chosen.ledgers if p.name in wanted))


def _of_ledger(text: str, path: Path) -> Side:
    ledger = path.resolve()
    folder = ledger.parent.parent
    return Side(text, folder.parent.parent, folder, (ledger,))


def _of_folder(text: str, path: Path) -> Side:
    folder = path.resolve()
    return Side(text, folder.parent.parent, folder, tuple(sorted(folder.glob("ledger/*.csv"))))


def _of_repository(text: str, root: Path) -> dict[str, Side]:
    folders = sorted({path.parent.parent for path in root.glob("results/*/ledger/*.csv")})
    return {folder.name: _of_folder(text, folder) for folder in folders}
