"""Reading ledgers without the code that writes them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clustrace.audit.tree import Tree, TreeError

_SLUGS = ("paper", "table", "row", "column", "metric")
_NUMBERS = ("value", "std", "published", "difference", "tolerance", "p_value")
_TEXTS = (
    "protocol", "kind", "printed", "rounding", "aggregation", "published_unit",
    "published_printed", "place", "tolerance_from", "verdict", "reason",
)  # fmt: skip
_COLUMNS = ("address", *_SLUGS, *_TEXTS, *_NUMBERS, "n", "seeds", "runs")


@dataclass(frozen=True)
class LedgerLine:
    """A row of a ledger as it stands there; fields as in `clustrace.provenance.ledger`."""

    address: str
    paper: str
    table: str
    row: str
    column: str
    metric: str
    protocol: str
    kind: str
    n: int
    seeds: tuple[int, ...]
    runs: tuple[str, ...]
    printed: str
    rounding: str
    aggregation: str
    published_unit: str
    published_printed: str
    place: str
    tolerance_from: str
    verdict: str
    reason: str
    value: float | None
    std: float | None
    published: float | None
    difference: float | None
    tolerance: float | None
    p_value: float | None
    content_sha256: str
    evidence: str
    """Rung of the evidence ladder."""
    capped: tuple[str, ...]
    value_text: str
    """The value as the file writes it."""

    @property
    def is_filled(self) -> bool:
        """True if there is a number or an array."""
        return self.value is not None or self.content_sha256 != ""


@dataclass(frozen=True)
class Ledger:
    """A paper's ledger: its usable lines by address, and what is wrong with the others."""

    path: str
    paper: str
    lines: Mapping[str, LedgerLine] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def read_ledger(tree: Tree, path: str, paper: str) -> Ledger:
    """Read a ledger; a line that cannot be right becomes a fault."""
    try:
        reader = csv.reader(io.StringIO(tree.text(path), newline=""), strict=True)
        header, *rows = list(reader)
    except (TreeError, csv.Error, ValueError) as error:
        cause = "is empty" if isinstance(error, ValueError) else str(error)
        return Ledger(path, paper, faults=(cause,))
    missing = [name for name in _COLUMNS if name not in header]
    if missing:
        return Ledger(path, paper, faults=(f"lacks the columns {', '.join(missing)}",))
    lines: dict[str, LedgerLine] = {}
    faults: list[str] = []
    for number, fields in enumerate(rows, start=2):
        try:
            line = _line(header, fields, paper)
            if line.address in lines:
                raise ValueError(f"{line.address} stands there twice")
            lines[line.address] = line
        except ValueError as error:
            faults.append(f"line {number}: {error}")
    return Ledger(path, paper, lines, tuple(faults))


def _line(header: list[str], fields: list[str], paper: str) -> LedgerLine:
    if len(fields) != len(header):
        raise ValueError(f"it has {len(fields)} fields instead of {len(header)}")
    text = dict(zip(header, fields, strict=True))
    if text["address"] != ".".join(text[name] for name in _SLUGS):
        raise ValueError(f"the address {text['address']!r} does not fit its slugs")
    if text["paper"] != paper:
        raise ValueError(f"{text['address']} belongs to another paper")
    parsed: dict[str, Any] = {name: text[name] for name in (*_SLUGS, *_TEXTS)}
    parsed |= {name: _number(name, text[name]) for name in _NUMBERS}
    return LedgerLine(
        address=text["address"],
        **parsed,
        n=_count("n", text["n"]),
        seeds=tuple(_count("seeds", seed) for seed in text["seeds"].split()),
        runs=tuple(text["runs"].split()),
        content_sha256=text.get("content_sha256", ""),
        evidence=text.get("evidence", ""),
        capped=tuple(text.get("capped", "").split()),
        value_text=text["value"],
    )


def _number(name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} is {text!r}, which is no finite number")
    return number


def _count(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{name} holds {text!r}, which is no count")
    return int(text)
