"""Checks on ledgers: are they whole, and is the evidence that they name there?"""

from __future__ import annotations

from collections.abc import Iterator

from clustrace.audit.case import Case
from clustrace.audit.confirm import NEEDED, basis_of
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Level, Observation, failed, passed
from clustrace.config.pairings import pairings
from clustrace.config.papers import Paper
from clustrace.errors import StorageError
from clustrace.provenance.evidence import Confirmation, Rung, read_evidence

_KINDS = ("cell", "kendall-tau", "comparison", "claim", "array")


class LedgersWhole(Check):
    """CELL-013."""

    id = "CELL-013"
    title = "Every ledger can be read and has each number that config/ declares, once"
    level = Level.HASHES
    why = "A number that is left out of the ledger is left out of every check."
    mend = "Delete the ledger and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compare the addresses of each ledger with those of its paper."""
        for ledger in case.ledgers.values():
            for fault in ledger.faults:
                yield failed(ledger.path, fault, "rows of a ledger")
            for line in ledger.lines.values():
                if case.is_audited(line.address):
                    yield self._row(case, line)
            paper = case.experiment.papers.get(ledger.paper) if case.experiment else None
            if paper is None or case.addresses is not None or not ledger.lines:
                continue
            declared = set(_addresses(paper))
            found = {line.address for line in ledger.lines.values() if line.kind != "array"}
            for address in sorted(declared - found):
                yield failed(ledger.path, f"no row {address}", "a row for each declared number")
            for address in sorted(found - declared):
                yield failed(address, "a row", "none, as config/ declares no such number")

    def _row(self, case: Case, line: LedgerLine) -> Observation:
        if line.protocol != case.protocol:
            return failed(line.address, f"protocol {line.protocol}", case.protocol)
        if line.kind not in _KINDS:
            return failed(line.address, f"kind {line.kind!r}", f"one of {', '.join(_KINDS)}")
        if not line.is_filled and not line.reason:
            return failed(line.address, "neither a number nor a reason", "one of them")
        return passed(line.address)


def _addresses(paper: Paper) -> Iterator[str]:
    """Addresses of all numbers of a paper's tables and claims."""
    for table in paper.tables:
        for column in table.columns:
            for metric in table.metrics:
                for row in ("kendall-tau", *(row.slug for row in table.rows)):
                    yield f"{paper.slug}.{table.slug}.{row}.{column.slug}.{metric.slug}"
    for claim in paper.claims:
        yield f"{paper.slug}.claims.{claim.slug}.all.all"
        for pairing in pairings(claim, paper.table(claim.table)):
            slugs = (pairing.row_slug, pairing.column.slug, pairing.metric_slug)
            yield ".".join((paper.slug, pairing.table.slug, *slugs))


class EvidenceBacked(Check):
    """CELL-010."""

    id = "CELL-010"
    title = "The evidence that a number names was found by an audit, of this very number"
    level = Level.HASHES
    why = "A number that calls itself retrained, and never was, is worse than one that says less."
    mend = "Run `clustrace audit --save` and then `clustrace run`."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Look up the confirmation behind each rung above the lowest."""
        for ledger in case.ledgers.values():
            path = f"{case.folder}/evidence/{ledger.paper}.csv"
            kept: dict[str, Confirmation] = {}
            if case.tree.exists(path):
                try:
                    kept = read_evidence(case.tree.root / path)
                except StorageError as error:
                    yield failed(path, error, "confirmations")
            for line in ledger.lines.values():
                if line.evidence and case.is_audited(line.address):
                    yield self._observed(case, line, kept.get(line.address))

    def _observed(self, case: Case, line: LedgerLine, kept: Confirmation | None) -> Observation:
        if line.evidence not in set(Rung):
            return failed(line.address, f"evidence {line.evidence!r}", f"one of {', '.join(Rung)}")
        if line.evidence == Rung.RECORDED:
            return passed(line.address)
        if kept is None or kept.rung != line.evidence:
            found = f"evidence {line.evidence}"
            return failed(line.address, found, f"{kept.rung if kept else Rung.RECORDED}")
        needed = NEEDED.get(kept.rung, ())
        if needed and not set(needed) & set(kept.checks.split()):
            found = f"evidence {line.evidence}"
            return failed(line.address, found, f"{' or '.join(needed)} among what was passed")
        if kept.basis != basis_of(case, line):
            return failed(line.address, f"evidence {line.evidence}", "evidence of this number")
        return passed(line.address)
