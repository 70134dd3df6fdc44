"""Checks on printed tables: does each form show what the ledger says?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from clustrace.audit.case import Case
from clustrace.audit.grids import grid_of
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.printed import (
    FORMS,
    TAU,
    cell_tokens,
    declared_table,
    lines_of,
    printed_tables,
    read_csv,
    row_texts,
    tokens,
)
from clustrace.audit.sheets import Sheet, read_sheet, spaced
from clustrace.audit.tree import TreeError
from clustrace.config.papers import Paper, Table

_MARK = re.compile(r"‹(\d+)›")


class TablesPrintTheLedger(Check):
    """CELL-001."""

    id = "CELL-001"
    title = "Every number of every printed table is that of the ledger, at its place"
    level = Level.HASHES
    why = "The table is what is read and cited."
    mend = "Delete the table and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Read every form of every table and compare it cell by cell."""
        for paper, table in printed_tables(case):
            stem = f"{case.folder}/tables/{paper}/{table}"
            lines = lines_of(case, paper, table)
            declared = declared_table(case, paper, table)
            if declared is None and not case.tree.exists(f"{stem}.csv"):
                yield skipped(stem, "nothing declares or prints this table")
                continue
            try:
                yield from _csv_compared(case, f"{stem}.csv", lines)
            except TreeError as error:
                yield failed(f"{stem}.csv", error, "a table")
            if declared is None:
                yield skipped(stem, "config/papers does not declare this table")
                continue
            for form in FORMS:
                path = f"{stem}.{form}"
                try:
                    sheet = read_sheet(case.tree.text(path), form)
                    yield from _sheet_compared(case, path, form, sheet, declared, lines)
                except (TreeError, ValueError, IndexError) as error:
                    yield failed(path, f"it has no table ({error})", "a table")


def _csv_compared(case: Case, path: str, lines: Mapping[str, LedgerLine]) -> Iterator[Observation]:
    rows = {row["address"]: row for row in read_csv(case, path)}
    for address in sorted(lines.keys() | rows.keys()):
        if not case.is_audited(address):
            continue
        if address not in lines:
            yield failed(address, f"a cell in {path}", "a row of the ledger")
        elif address not in rows:
            yield failed(address, f"no cell in {path}", lines[address].printed or "a cell")
        else:
            yield _row_compared(case, path, rows[address], lines[address])


def _row_compared(case: Case, path: str, row: Mapping[str, str], line: LedgerLine) -> Observation:
    for name, value in row_texts(case, line).items():
        if row.get(name) != value:
            found = f"{name} {row.get(name)!r} in {path}"
            return failed(line.address, found, f"{value!r}, as in the ledger")
    return passed(line.address)


def _sheet_compared(
    case: Case,
    path: str,
    form: str,
    sheet: Sheet,
    declared: tuple[Paper, Table],
    lines: Mapping[str, LedgerLine],
) -> Iterator[Observation]:
    paper, table = declared
    grid = grid_of(form, sheet.tables[0])
    columns = [(column, metric) for column in table.columns for metric in table.metrics]
    headings = [f"{column.printed} {metric.heading}" for column, metric in columns]
    if list(grid.headings) != [spaced(each) for each in headings]:
        yield failed(path, f"columns {list(grid.headings)}", headings)
        return
    # LaTeX has no room for the remarks on rows.
    rows = [
        (row.slug, row.printed if form == "tex" else f"{row.printed} {row.note}")
        for row in table.rows
    ]
    if len(grid.rows) != len(rows) + 1:
        yield failed(path, f"{len(grid.rows)} rows", f"{len(rows) + 1}")
        return
    for (slug, name), (label, texts, names) in zip(
        [*rows, (TAU, "Kendall")], grid.rows, strict=True
    ):
        same = label.startswith(name) if slug == TAU else label == spaced(name)
        if not same:
            yield failed(path, f"a row {label!r}", f"{name!r}")
            continue
        addresses = [
            f"{paper.slug}.{table.slug}.{slug}.{column.slug}.{metric.slug}"
            for column, metric in columns
        ]
        if names and names != addresses:
            yield failed(path, f"cells {names}", addresses)
            continue
        for address, text in zip(addresses, texts, strict=True):
            line = lines.get(address)
            if line is not None and case.is_audited(address):
                yield _cell_compared(case, path, form, sheet, text, line)


def _cell_compared(
    case: Case, path: str, form: str, sheet: Sheet, text: str, line: LedgerLine
) -> Observation:
    marks = _MARK.findall(text)
    found, expected = tokens(_MARK.sub(" ", text)), cell_tokens(case, form, line)
    if found != expected:
        return failed(line.address, f"{text!r} in {path}", " ".join(expected))
    reason = sheet.footnotes.get(int(marks[0]), "") if marks else ""
    if reason != spaced(line.reason):
        return failed(line.address, f"the footnote {reason!r} in {path}", line.reason)
    return passed(line.address)
