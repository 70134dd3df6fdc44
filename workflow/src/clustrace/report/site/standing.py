"""How a number stands to the published one: a word, a sign and a group to count it in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clustrace.evaluate.verdicts import VerdictKind
from clustrace.provenance.ledger import LedgerRow
from clustrace.report.table_view import SIGNS


@dataclass(frozen=True)
class Standing:
    """A group of numbers that stand alike.

    Attributes:
        slug: name in style sheets and in the address of a filtered list.
        word: name for readers.
        sign: what stands beside the number, so that colours only repeat it.
    """

    slug: str
    word: str
    sign: str


_VERDICTS = {kind: Standing(kind.value, kind.value, SIGNS[kind]) for kind in VerdictKind}
OPEN = Standing("no-verdict", "no verdict", "·")
UNPUBLISHED = Standing("unpublished", "not published", "–")
MISSING = Standing("not-computed", "not computed", "○")
#: All groups, in the order in which they are shown.
STANDINGS = (*_VERDICTS.values(), OPEN, UNPUBLISHED, MISSING)


def standing_of(row: LedgerRow) -> Standing:
    """The group of a cell."""
    if row.value is None:
        return MISSING
    if isinstance(row.verdict, VerdictKind):
        return _VERDICTS[row.verdict]
    return UNPUBLISHED if row.published is None else OPEN


@dataclass(frozen=True)
class Share:
    """How many of some cells stand alike."""

    standing: Standing
    count: int
    percent: float


def shares(rows: Iterable[LedgerRow]) -> tuple[Share, ...]:
    """Share of each group among the cells of a ledger; groups without a cell are left out."""
    counts = Counter(standing_of(row) for row in rows if row.kind == "cell")
    total = counts.total()
    return tuple(Share(s, counts[s], 100 * counts[s] / total) for s in STANDINGS if counts[s])


@dataclass(frozen=True)
class Reason:
    """Why some cells have no value or no verdict."""

    text: str
    count: int
    example: str
    """Address of the first of them."""


def reasons(rows: Sequence[LedgerRow], standing: Standing) -> tuple[Reason, ...]:
    """Reasons of the cells of a group, the most frequent first."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.kind == "cell" and standing_of(row) == standing and row.reason:
            found.setdefault(row.reason, []).append(row.address)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Reason(text, len(cells), cells[0]) for text, cells in ordered)
