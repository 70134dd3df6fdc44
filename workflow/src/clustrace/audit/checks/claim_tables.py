"""Checks on printed claims: does each form show what the ledger says of them?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clustrace.audit.case import Case
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.printed import FORMS, read_csv, sign_of, tokens
from clustrace.audit.sheets import Sheet, SheetRow, read_sheet, spaced
from clustrace.audit.tree import TreeError
from clustrace.config.claims import Claim
from clustrace.config.pairings import Pairing, pairings
from clustrace.config.papers import Paper

_NONE = ("–", "none printed", "")


@dataclass(frozen=True)
class _Printed:
    """A claim with its comparisons and their rows in the ledger."""

    claim: Claim
    line: LedgerLine
    compared: Sequence[tuple[Pairing, LedgerLine]]

    @property
    def counts(self) -> str:
        """Positive comparisons, then those that are open and those without results, if any."""
        missing = sum(line.value is None for _, line in self.compared)
        undecided = len(self.compared) - missing - self.line.n
        return " ".join([self.line.printed, *(str(n) for n in (undecided, missing) if n)])


class ClaimsPrintTheLedger(Check):
    """CELL-015."""

    id = "CELL-015"
    title = "Every claim and comparison of every printed table of claims is that of the ledger"
    level = Level.HASHES
    why = "Whether a paper is right in what it says is what readers look for first."
    mend = "Delete the table and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Read every form of every paper's claims and compare it row by row."""
        for paper in dict.fromkeys(line.paper for line in case.lines("claim")):
            stem = f"{case.folder}/tables/{paper}/claims"
            declared = case.experiment.papers.get(paper) if case.experiment else None
            if declared is None:
                yield skipped(stem, "config/papers does not declare these claims")
                continue
            try:
                claims = _claims(declared, case.ledgers[paper].lines)
            except KeyError as error:
                yield failed(case.ledgers[paper].path, f"no row {error}", "one for each claim")
                continue
            for form in ("csv", *FORMS):
                path = f"{stem}.{form}"
                try:
                    yield from self._compared(case, path, form, claims)
                except (TreeError, ValueError, IndexError) as error:
                    yield failed(path, f"it has no claims ({error})", "a table of claims")

    def _compared(
        self, case: Case, path: str, form: str, claims: Sequence[_Printed]
    ) -> Iterator[Observation]:
        if form == "csv":
            found = _in_csv(case, path, claims)
        else:
            found = _in_sheet(read_sheet(case.tree.text(path), form), form, claims)
        for address, wrong in found:
            if case.is_audited(address):
                if wrong is None:
                    yield passed(address)
                else:
                    yield failed(address, f"{wrong[0]} in {path}", wrong[1])


#: Address of a row, and what is wrong with it: what was found, and what was expected.
_Compared = Iterator[tuple[str, tuple[str, str] | None]]


def _claims(paper: Paper, lines: Mapping[str, LedgerLine]) -> list[_Printed]:
    """All claims of a paper.

    Raises:
        KeyError: the ledger lacks a row.
    """
    return [
        _Printed(
            claim,
            lines[f"{paper.slug}.claims.{claim.slug}.all.all"],
            [
                (pairing, lines[_address(paper, pairing)])
                for pairing in pairings(claim, paper.table(claim.table))
            ],
        )
        for claim in paper.claims
    ]


def _address(paper: Paper, pairing: Pairing) -> str:
    slugs = (pairing.row_slug, pairing.column.slug, pairing.metric_slug)
    return ".".join((paper.slug, pairing.table.slug, *slugs))


def _first_difference(
    found: Mapping[str, str], expected: Mapping[str, str]
) -> tuple[str, str] | None:
    for name, value in expected.items():
        if found.get(name) != value:
            return f"{name} {found.get(name)!r}", f"{value!r}"
    return None


def _in_csv(case: Case, path: str, claims: Sequence[_Printed]) -> _Compared:
    rows = iter(read_csv(case, path))
    for printed in claims:
        claim, line = printed.claim, printed.line
        row = next(rows, {})
        counted = {**row, "ours": " ".join(tokens(row.get("ours") or ""))}
        expected = {
            "address": line.address,
            "claim": claim.text,
            "ours": " ".join(tokens(printed.counts)),
            "verdict": line.verdict,
            "reason": line.reason,
        }
        yield line.address, _first_difference(counted, {**expected, **_common(line)})
        for pairing, compared in printed.compared:
            expected = {
                "address": compared.address,
                "ahead": pairing.ahead.printed,
                "behind": pairing.printed_behind,
                "column": pairing.column.printed,
                "ours": compared.printed,
                "n": str(compared.n),
                "p_value": _p_value(compared),
                "reason": compared.reason,
            }
            yield (
                compared.address,
                _first_difference(next(rows, {}), {**expected, **_common(compared)}),
            )


def _common(line: LedgerLine) -> dict[str, str]:
    evidence = "" if line.value is None else line.evidence or "no record"
    return {"published": line.published_printed, "evidence": evidence}


def _p_value(line: LedgerLine) -> str:
    return "" if line.p_value is None else f"{line.p_value:.2g}"


def _in_sheet(sheet: Sheet, form: str, claims: Sequence[_Printed]) -> _Compared:
    first, *others = sheet.tables
    _, *rows = first
    for printed, row in zip(claims, rows, strict=True):
        yield printed.line.address, _claim_compared(printed, row)
    if form == "tex":
        return  # There is room for the claims alone.
    for printed, (_, *compared) in zip(claims, others, strict=True):
        for (pairing, line), row in zip(printed.compared, compared, strict=True):
            yield line.address, _comparison_compared(pairing, line, row)


def _claim_compared(printed: _Printed, row: SheetRow) -> tuple[str, str] | None:
    text, published, ours, verdict = row.texts
    line = printed.line
    if row.name not in ("", line.address):
        return f"row {row.name}", line.address
    if not text.startswith(spaced(printed.claim.text)):
        return repr(text), printed.claim.text
    if published != spaced(line.published_printed) and (
        line.published_printed or published not in _NONE
    ):
        return f"published {published!r}", line.published_printed
    expected = tokens(" ".join([printed.counts, *sign_of(line)]))
    if tokens(ours) != expected:
        return f"ours {ours!r}", " ".join(expected)
    reason = verdict.removeprefix(line.verdict or "no verdict")
    if reason == verdict or reason.strip(": ") != spaced(line.reason).strip(": "):
        return f"verdict {verdict!r}", f"{line.verdict or 'no verdict'} {line.reason}".strip()
    return None


def _comparison_compared(
    pairing: Pairing, line: LedgerLine, row: SheetRow
) -> tuple[str, str] | None:
    ahead, behind, column, _, published, ours, p_value = row.texts
    names = (pairing.ahead.printed, pairing.printed_behind, pairing.column.printed)
    if row.name not in ("", line.address):
        return f"row {row.name}", line.address
    if (ahead, behind, column) != tuple(map(spaced, names)):
        return f"row {ahead}, {behind}, {column}", ", ".join(names)
    if published != (line.published_printed or "–"):
        return f"published {published!r}", line.published_printed
    shown = [line.printed, str(line.n), *sign_of(line)] if line.printed else ["not computed"]
    expected = tokens(" ".join([*shown, line.reason]))
    if tokens(ours) != expected:
        return f"ours {ours!r}", " ".join(expected)
    if p_value != (_p_value(line) or "–"):
        return f"p {p_value!r}", _p_value(line)
    return None
