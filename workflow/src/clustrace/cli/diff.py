"""``clustrace diff``: which numbers changed, and which causes changed with them."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from clustrace.cli.console import indented, show
from clustrace.cli.options import results_root
from clustrace.provenance.diff_sides import pairs_of, selection
from clustrace.provenance.job_diff import Cause
from clustrace.provenance.ledger_diff import LedgerDiff, NumberChange, diff_of

app = typer.Typer()

_SHOWN = 6
_LONGEST = 40
#: Columns whose change is shown in full; of others only the name.
_IN_FULL = ("printed", "verdict", "evidence", "seeds", "published_printed")


class Format(StrEnum):
    """Forms of the answer."""

    TEXT = "text"
    JSON = "json"


@app.command()
def diff(
    a: Annotated[
        str,
        typer.Argument(help="Ledger file, folder of results, repository, or git commit."),
    ],
    b: Annotated[
        str | None, typer.Argument(help="The same; else the results on disk.", show_default=False)
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.TEXT,
) -> None:
    """Tell which numbers changed from A to B, and which causes changed with them.

    Causes come from the records of both sides: modules of the code, parameters, seeds, data,
    machine and software. A commit is read without being checked out.
    """
    root = results_root()
    with contextlib.ExitStack() as stack:
        one = selection(a, root, stack)
        other = selection(b or str(root), root, stack)
        pairs = pairs_of(one, other)
        if b is None:  # Protocols that are kept on disk alone were not added.
            pairs = [pair for pair in pairs if pair[0] is not None]
        found = diff_of(pairs, a, b or "results on disk")
    if form is Format.JSON:
        typer.echo(found.model_dump_json(indent=2, by_alias=True))
    else:
        show(_screen(found))


def _screen(found: LedgerDiff) -> RenderableType:
    kinds = Counter(change.change for change in found.changes)
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in ("changed", "added", "removed"))
    head = Text(f"{found.a} → {found.b}", style="bold")
    head.append(f"   numbers: {counts}, {found.unchanged} unchanged")
    parts: list[RenderableType] = [head]
    for changes in _by_causes(found.changes):
        parts += ["", _numbers(changes)]
        if changes[0].change == "changed":
            parts.append(indented(Text("because of", style="bold")))
            lines = list(_causes(changes[0].causes)) or ["nothing that the records of both tell"]
            parts += [indented(indented(Text(line))) for line in lines]
    parts += [Text(f"\nNot read: {reason}") for reason in found.unreadable]
    return Group(*parts)


def _by_causes(changes: Iterable[NumberChange]) -> list[list[NumberChange]]:
    """Numbers that changed for the same causes, together."""
    groups: dict[tuple[object, ...], list[NumberChange]] = {}
    for change in changes:
        groups.setdefault((change.change, change.causes), []).append(change)
    return list(groups.values())


def _numbers(changes: Sequence[NumberChange]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    several = len({change.protocol for change in changes}) > 1
    for change in changes:
        name = f"{change.protocol}: {change.address}" if several else change.address
        table.add_row(name, change.change if change.change != "changed" else _fields(change))
    return table


def _fields(change: NumberChange) -> str:
    """What changed of a number: what readers see with both texts, the rest by name."""
    shown = [field for field in change.fields if field.name in _IN_FULL]
    rest = [field.name for field in change.fields if field.name not in _IN_FULL]
    texts = [
        f"{'' if f.name == 'printed' else f'{f.name} '}{f.before or 'none'} → {f.after or 'none'}"
        for f in shown
    ]
    return "; ".join([*texts, *([f"({', '.join(rest)})"] if rest else [])])


def _causes(causes: Sequence[Cause]) -> Iterator[str]:
    """One line for all causes of a kind that are the same in some jobs."""
    jobs: dict[tuple[str, str], list[str]] = {}
    for cause in causes:
        jobs.setdefault((cause.kind, _change(cause)), []).append(cause.job)
    lines: dict[tuple[str, str], list[str]] = {}
    for (kind, text), names in jobs.items():
        lines.setdefault((kind, _some(names)), []).append(text)
    for (kind, found), texts in lines.items():
        yield f"{kind}: {_some(texts)}{f' ({found})' if found else ''}"


def _change(cause: Cause) -> str:
    before, after = cause.before, cause.after
    if cause.kind == "jobs":
        if cause.name == "runs":
            return f"no runs in {'B' if before else 'A'}"
        return "only in A" if before else "only in B"
    if cause.kind == "code":
        return cause.name if before and after else f"{cause.name} {'new' if after else 'gone'}"
    if cause.kind == "unexplained":
        return "other results from the same code, parameters, data and machine"
    return f"{cause.name} {_cut(before) or 'none'} → {_cut(after) or 'none'}".strip()


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _some(texts: Sequence[str]) -> str:
    found = list(dict.fromkeys(texts))
    rest = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
