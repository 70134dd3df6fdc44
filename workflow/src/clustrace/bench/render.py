"""results/bench.md, from results/bench.json alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from clustrace.bench.results import (
    BenchResults,
    Circumstances,
    Column,
    Goal,
    Section,
    Spread,
    Table,
    Value,
)
from clustrace.report.templating import markdown_escape

#: Cores used by other processes above which figures are not to be trusted.
_BUSY = 0.1
#: Code in prose; a pipe would end a table's cell.
_CODE = re.compile(r"(`[^`|]+`)")

_INTRODUCTION = """\
# Benchmarks

Written by `make bench` from bench.json beside it, which holds all digits;
`clustrace bench SECTION` measures one section anew and keeps the others with their own dates.
Each number is a median over repeats, with the smallest and the largest in brackets. What is
compared runs in turn in the same process; ratios are medians of the ratios within one turn.
"""


def render(results: BenchResults, order: Sequence[str]) -> str:
    """Markdown of all sections.

    Args:
        results: content of bench.json.
        order: slugs of sections in the order in which to print them; others follow.
    """
    known = [slug for slug in order if slug in results.sections]
    slugs = [*known, *(slug for slug in results.sections if slug not in order)]
    sections = [(slug, results.sections[slug]) for slug in slugs]
    parts = [_INTRODUCTION, *_goals(sections)]
    parts += [part for slug, section in sections for part in _section(slug, section)]
    return "\n".join(parts)


def _goals(sections: Sequence[tuple[str, Section]]) -> Iterator[str]:
    rows = [
        (_prose(goal.text), _verdict(goal), _prose(goal.detail), slug)
        for slug, section in sections
        for goal in section.findings.goals
    ]
    if rows:
        yield "## Goals\n"
        yield _markdown_table(("Goal", "Verdict", "Reached", "Section"), (False,) * 4, rows)


def _prose(text: str) -> str:
    """Text as it is, but for code between backticks."""
    parts = _CODE.split(text)
    return "".join(part if _CODE.fullmatch(part) else markdown_escape(part) for part in parts)


def _verdict(goal: Goal) -> str:
    return f"**{goal.verdict}**" if goal.verdict == "missed" else goal.verdict


def _section(slug: str, section: Section) -> Iterator[str]:
    yield f"## {markdown_escape(section.title)} (`{slug}`)\n"
    yield from _circumstances(section.circumstances)
    for table in section.findings.tables:
        yield f"### {markdown_escape(table.title)}\n"
        yield _table(table)
    for note in section.findings.notes:
        yield f"{_prose(note)}\n"


def _circumstances(one: Circumstances) -> Iterator[str]:
    if one.quick:
        yield "**Made with --quick: shows that the section works, its numbers mean nothing.**\n"
    if one.cores_of_others > _BUSY:
        yield (
            f"**The machine was busy: other processes used {one.cores_of_others:.1f} of "
            f"{one.usable_cores} cores. Measure again at a quiet time.**\n"
        )
    versions = ", ".join(f"{name} {version}" for name, version in one.versions.items())
    flags = ", ".join(one.cpu_flags) or "unknown"
    amx = "" if "amx_bf16" in one.cpu_flags else ", no AMX for bfloat16"
    commit = f"commit {one.commit[:12]}" if one.commit else "no commit"
    yield markdown_escape(
        f"{one.date}, {one.seconds:.0f} s. {one.machine}; torch's kernels: {one.cpu_capability}; "
        f"instruction sets: {flags}{amx}. Python {one.python}, "
        f"{versions}; {commit}{' and edits' if one.edited else ''}. Load of the machine "
        f"{one.load_before:.2f} before, {one.load_after:.2f} after; other processes used "
        f"{one.cores_of_others:.2f} cores."
    )
    yield ""


def _table(table: Table) -> str:
    header = [
        markdown_escape(f"{column.title} ({column.unit})" if column.unit else column.title)
        for column in table.columns
    ]
    numeric = [
        any(not isinstance(row[column.key], str) for row in table.rows) for column in table.columns
    ]
    rows = [
        [format_value(row[column.key], column) for column in table.columns] for row in table.rows
    ]
    return _markdown_table(header, numeric, rows)


def _markdown_table(
    header: Sequence[str], numeric: Sequence[bool], rows: Sequence[Sequence[str]]
) -> str:
    rule = ["---:" if right else "---" for right in numeric]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows)) + "\n"


def format_value(value: Value, column: Column) -> str:
    """A value as a table of bench.md prints it."""
    match value:
        case None:
            return ""
        case str():
            return markdown_escape(value)
        case Spread():
            middle, low, high = (
                f"{number:.{column.decimals}f}"
                for number in (value.median, value.minimum, value.maximum)
            )
            return f"{middle} ({low}–{high})" if value.repeats > 1 else middle
        case _:
            return f"{value:.{column.decimals}f}"
