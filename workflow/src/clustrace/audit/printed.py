"""What printed tables must show of a ledger's rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping

from clustrace.audit import numbers
from clustrace.audit.case import Case
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.tree import TreeError
from clustrace.config.papers import Paper, Table

#: Forms besides CSV, which names the address of each number.
FORMS = ("md", "tex", "html")
TAU = "kendall-tau"
_TOKEN = re.compile(
    r"[+-]?\d+(?:\.\d+)?|[○①②③④⑤≈↑↓]|\b(?:reproduced|higher|lower|inconclusive|not computed)\b"
)
_SIGNS = {"reproduced": "≈", "higher": "↑", "lower": "↓"}
_RUNGS = {
    "": "○", "recorded": "①", "hashes": "②", "predictions": "③", "weights": "④", "retrained": "⑤"
}  # fmt: skip


def printed_tables(case: Case) -> list[tuple[str, str]]:
    """Paper and table of all printed cells that are audited."""
    lines = case.lines("cell", TAU)
    return list(dict.fromkeys((line.paper, line.table) for line in lines))


def lines_of(case: Case, paper: str, table: str) -> Mapping[str, LedgerLine]:
    """Rows of the ledger that a table prints, by address."""
    return {
        line.address: line
        for line in case.ledgers[paper].lines.values()
        if line.table == table and line.kind in ("cell", TAU)
    }


def declared_table(case: Case, paper: str, table: str) -> tuple[Paper, Table] | None:
    """A table as config/papers declares it; None if it does not."""
    found = case.experiment.papers.get(paper) if case.experiment else None
    tables = [each for each in found.tables if each.slug == table] if found else []
    return (found, tables[0]) if found and tables else None


def read_csv(case: Case, path: str) -> list[dict[str, str]]:
    """Rows of a printed table.

    Raises:
        TreeError: it cannot be read, or a row names no address.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(case.tree.text(path), newline=""), strict=True))
    except csv.Error as error:
        raise TreeError(f"is no table ({error})") from error
    if not rows or any("address" not in row or None in row.values() for row in rows):
        raise TreeError("is no table with a column of addresses")
    return rows


def row_texts(case: Case, line: LedgerLine) -> Mapping[str, str]:
    """What the row of a number must say in the CSV form, by column."""
    expected = {
        "ours": line.printed,
        "n": str(line.n),
        "published": line.published_printed,
        "difference": _difference(case, line),
        "tolerance": _tolerance(case, line),
        "verdict": line.verdict,
        "reason": line.reason,
        "evidence": "" if line.value is None else line.evidence or "no record",
    }
    place = case.places.get(line.address)
    if place is not None:
        expected["row"], expected["column"] = place.row.printed, place.column.printed
        expected["metric"] = place.metric.heading
    return expected


def _digits(case: Case, line: LedgerLine) -> tuple[str, int] | None:
    place = case.places.get(line.address)
    if place is not None:
        return place.metric.unit, place.metric.decimals
    match = re.match(r"(percent|fraction|seconds|ratio|millions), (\d+) decimal", line.rounding)
    return (match[1], int(match[2])) if match else None


def _difference(case: Case, line: LedgerLine) -> str:
    digits = _digits(case, line)
    if line.difference is None or digits is None:
        return ""
    return numbers.printed_signed(line.difference, *digits)


def _tolerance(case: Case, line: LedgerLine) -> str:
    digits = _digits(case, line)
    if line.tolerance is None or digits is None:
        return ""
    return numbers.printed(line.tolerance, *digits)


def tokens(text: str) -> list[str]:
    """Numbers, signs and verdicts in a text, sorted."""
    return sorted(_TOKEN.findall(text))


def cell_tokens(case: Case, form: str, line: LedgerLine) -> list[str]:
    """Numbers, signs and verdicts that the cell of a number must show, sorted."""
    return sorted(_of_cell(case, form, line))


def sign_of(line: LedgerLine) -> list[str]:
    """Sign of a number's evidence; none where there is no number."""
    return [] if line.value is None else [_RUNGS.get(line.evidence, "unknown evidence")]


def _of_cell(case: Case, form: str, line: LedgerLine) -> Iterator[str]:
    if line.printed:
        yield from _TOKEN.findall(line.printed)
        yield from (str(line.n), *sign_of(line))
    elif form == "tex":
        yield from [str(line.n)] if line.kind == TAU else []
    elif line.kind != TAU:
        yield "not computed"
    if line.kind == TAU:
        return
    yield from _TOKEN.findall(line.published_printed)
    yield from filter(None, [_difference(case, line)])
    if line.verdict:
        yield from filter(None, [_SIGNS.get(line.verdict, "")])
    if form != "tex":
        yield from filter(None, [_tolerance(case, line), line.verdict])
