"""The ledger: one row for every printed number or drawn array, also for those that are missing.

Every address is made of five slugs, ``<paper>.<table>.<row>.<column>.<metric>``:

- a cell has those of its table;
- Kendall's tau of a table's column has ``kendall-tau`` as row;
- a comparison of two rows has ``<ahead>-over-<behind>`` as row, and the metric ``iterations``
  where gradient steps are compared; of rows that are to differ by less than a margin,
  ``<one>-near-<other>-<margin>``; of a row and a number, ``<row>-at-least-<number>`` or
  ``<row>-at-most-<number>``; of a row and the start of its fine-tuning, ``<row>-over-its-start``;
  of a row and two readings of a published number, ``<row>-nearer-than-<table>``;
  of rows whose values rise or fall in their order, ``<first>-rises-to-<last>`` or
  ``<first>-falls-to-<last>``;
- a claim is ``<paper>.claims.<claim>.all.all``;
- an array that a figure draws has the figure's slug in place of the table's, the method as row,
  the data set as column, and as metric what is drawn: ``tsne`` or ``plane`` (of the run's
  embedding), ``loss`` or ``label-change`` (of its history), with ``-layer-<k>`` for a layer's own
  training, and ``-candidate-<i>`` and ``-stage-<j>`` for those of a classifier, ``acc``, ``nmi``
  or ``ari`` (of its labels over time), ``filters`` or ``activations`` (of its network). Of a data
  set itself the row is ``features``, or ``classes`` with the metric ``sizes``. A line of a sweep
  has its own slug as row, and column and metric of its table.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, FiniteFloat, NonNegativeInt, ValidationError, model_validator

from clustrace.config.base import Model, Slug
from clustrace.config.claims import ALL, CLAIMS
from clustrace.errors import StorageError
from clustrace.evaluate.claims import ClaimVerdict
from clustrace.evaluate.verdicts import VerdictKind
from clustrace.files import write_text
from clustrace.provenance.base import Sha256
from clustrace.provenance.evidence import Rung

#: Takes the place of the row's slug in the address of a Kendall's tau.
TAU_ROW = "kendall-tau"


def _empty_as_none(value: object) -> object:
    return None if value == "" else value


OptionalFloat = Annotated[FiniteFloat | None, BeforeValidator(_empty_as_none)]
OptionalVerdict = Annotated[VerdictKind | ClaimVerdict | None, BeforeValidator(_empty_as_none)]
OptionalRung = Annotated[Rung | None, BeforeValidator(_empty_as_none)]


class LedgerRow(Model):
    """A number or array with all that it was made from, or the reason why there is none.

    ``value``, ``std``, ``difference`` and ``tolerance`` are fractions in full precision;
    ``published`` is in the unit in which the paper prints it. Gradient steps are counts, times
    seconds, and where a table divides them by those of one of its rows their ratio. A claim's
    ``value`` is the share of its comparisons that are positive, and ``published`` the same of the
    numbers that the paper prints.
    """

    address: str
    """``<paper>.<table>.<row>.<column>.<metric>``, of slugs."""
    paper: Slug
    table: Slug
    row: Slug
    column: Slug
    metric: Slug
    protocol: Slug
    kind: Literal["cell", "kendall-tau", "comparison", "claim", "array"]
    value: OptionalFloat = None
    """Mean or median over the seeds, of a comparison the mean of the paired differences; or
    Kendall's tau."""
    std: OptionalFloat = None
    """Standard deviation over the seeds with n - 1 in the denominator; empty below 2 seeds."""
    n: NonNegativeInt = 0
    """Number of seeds; for a Kendall's tau, of methods ranked; for a claim, of comparisons; for an
    array, of points drawn."""
    seeds: str = ""
    """Seeds, separated by spaces."""
    runs: str = ""
    """Folders of the member runs, separated by spaces; of a ratio also those that it divides by; of
    an array that shows true classes also the file that has them. Where two runs of a method on a
    data set have the same seed, the run that stands first gives it."""
    printed: str = ""
    """The text that stands in the table."""
    rounding: str = ""
    aggregation: str = ""
    published: OptionalFloat = None
    published_unit: Literal["percent", "fraction", "seconds", "ratio", "millions", ""] = ""
    published_printed: str = ""
    place: str = ""
    """Where the paper prints it."""
    difference: OptionalFloat = None
    """``value`` minus the published number."""
    tolerance: OptionalFloat = None
    tolerance_from: str = ""
    verdict: OptionalVerdict = None
    reason: str = ""
    """Why there is no value, a seed is missing, or no verdict is passed."""
    p_value: OptionalFloat = None
    """Of a comparison: of the one-sided t test; empty below 3 seeds."""
    content_sha256: Sha256 | Literal[""] = ""
    """Of an array: hash of what is drawn (:func:`clustrace.data.fingerprint.arrays_sha256`)."""
    evidence: OptionalRung = None
    """How far the number is confirmed; empty if there is none, or no record of its runs."""
    capped: str = ""
    """Of a comparison of gradient steps: ``<row>:<seed>``, separated by spaces, for each member
    whose training ended at its largest number of iterations and not by its tolerance. Where these
    could turn the sign of ``value``, the comparison is open and counts in no claim: above 0 with a
    member of the row ahead among them, or else with one of the row behind."""

    @model_validator(mode="after")
    def _consistent(self) -> LedgerRow:
        if self.address != address(self.paper, self.table, self.row, self.column, self.metric):
            raise ValueError(f"the address {self.address!r} does not match the slugs of its row")
        if (self.row == TAU_ROW) != (self.kind == "kendall-tau"):
            raise ValueError(f"the row {self.row!r} does not match the kind {self.kind!r}")
        of_claim = (self.table, self.column, self.metric) == (CLAIMS, ALL, ALL)
        if of_claim != (self.kind == "claim"):
            raise ValueError(f"the address {self.address!r} does not match the kind {self.kind!r}")
        is_array = self.kind == "array"
        if (is_array and self.value is not None) or (self.content_sha256 and not is_array):
            raise ValueError(f"{self.address} is both a number and an array")
        if self.value is None and not self.content_sha256 and not self.reason:
            raise ValueError(f"{self.address} has neither a value nor a reason")
        return self


def address(paper: str, table: str, row: str, column: str, metric: str) -> str:
    """Address of a number."""
    return f"{paper}.{table}.{row}.{column}.{metric}"


def write_ledger(path: str | Path, rows: Iterable[LedgerRow]) -> None:
    """Write rows as CSV in the order of their addresses, atomically; floats round-trip.

    Raises:
        StorageError: two rows have the same address, or the file could not be written.
    """
    ordered = sorted(rows, key=lambda row: row.address)
    _refuse_duplicates(ordered, path)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(LedgerRow.model_fields), lineterminator="\n")
    writer.writeheader()
    # The csv module writes floats with repr and None as an empty field.
    writer.writerows(row.model_dump(mode="json") for row in ordered)
    write_text(path, text.getvalue())


def read_ledger(path: str | Path) -> tuple[LedgerRow, ...]:
    """Read what :func:`write_ledger` wrote, in the order of the addresses.

    Raises:
        StorageError: the file is missing, is no ledger, or has a row that cannot be right.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header, *lines = list(reader)
    except (OSError, ValueError, csv.Error) as error:
        raise StorageError(
            f"{path} could not be read as a ledger ({error}); delete it and run again."
        ) from error
    if header != list(LedgerRow.model_fields):
        raise StorageError(
            f"{path} does not have the columns of a ledger; delete it and run again."
        )
    rows = tuple(_row(path, number, line) for number, line in enumerate(lines, start=1))
    _refuse_duplicates(rows, path)
    return rows


def _row(path: str | Path, number: int, fields: list[str]) -> LedgerRow:
    try:
        return LedgerRow.model_validate(dict(zip(LedgerRow.model_fields, fields, strict=True)))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "row"
        cause = f"{place}: {first['msg']}"
    except ValueError:
        cause = f"it has {len(fields)} fields instead of {len(LedgerRow.model_fields)}"
    raise StorageError(f"Row {number} of {path} is corrupt ({cause}); delete it and run again.")


def _refuse_duplicates(rows: Iterable[LedgerRow], path: str | Path) -> None:
    seen: set[str] = set()
    for row in rows:
        if row.address in seen:
            raise StorageError(f"{path} has {row.address} twice; delete it and run again.")
        seen.add(row.address)
