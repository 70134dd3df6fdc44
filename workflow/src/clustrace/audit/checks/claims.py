"""Checks on what rests on several cells: rankings, comparisons, claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil

from clustrace.audit import numbers
from clustrace.audit.case import Case
from clustrace.audit.checks.compared import Lead, lead_of, ours, theirs
from clustrace.audit.checks.scores import close
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.tree import TreeError
from clustrace.config.claims import Claim
from clustrace.config.pairings import Pairing, pairings
from clustrace.config.papers import Paper

_TAU = "kendall-tau"


class SummariesRecomputed(Check):
    """CELL-008."""

    id = "CELL-008"
    title = "Rankings, comparisons and claims follow from the runs"
    level = Level.PREDICTIONS
    why = "They are what a paper is read for."
    mend = "Delete the ledger and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Compute every Kendall's tau, comparison and claim anew."""
        for line in case.lines(_TAU):
            yield _observed(line, _ranking(case, line))
        for ledger in case.ledgers.values():
            paper = case.experiment.papers.get(ledger.paper) if case.experiment else None
            lines = [
                line for line in case.lines("comparison", "claim") if line.paper == ledger.paper
            ]
            if paper is None:
                for line in lines:
                    yield skipped(line.address, "config/papers does not declare this claim")
            elif lines:
                yield from _of_paper(case, paper)


def _observed(line: LedgerLine, expected: Mapping[str, object]) -> Observation:
    for name, value in expected.items():
        found = getattr(line, name)
        if not close(found, value):
            return failed(line.address, f"{name} {found}", f"{name} {value}")
    return passed(line.address)


def _ranking(case: Case, line: LedgerLine) -> Mapping[str, object]:
    ranked = [
        (other.published, other.value)
        for other in case.ledgers[line.paper].lines.values()
        if other.kind == "cell"
        and (other.table, other.column, other.metric) == (line.table, line.column, line.metric)
        and other.published is not None
        and other.value is not None
    ]
    tau = numbers.kendall_tau([theirs for theirs, _ in ranked], [ours for _, ours in ranked])
    return {"value": tau, "n": len(ranked)}


def _of_paper(case: Case, paper: Paper) -> Iterator[Observation]:
    lines = case.ledgers[paper.slug].lines
    seen: set[str] = set()
    for claim in paper.claims:
        compared = []
        broken = ""
        for pairing in pairings(claim, paper.table(claim.table)):
            address = _address(paper, pairing)
            try:
                lead = lead_of(case, paper, pairing)
            except TreeError as error:
                broken = str(error)
                if case.is_audited(address) and address not in seen:
                    yield skipped(address, broken)
                seen.add(address)
                continue
            compared.append((pairing, lead))
            if address in lines and case.is_audited(address) and address not in seen:
                yield _observed(lines[address], {**ours(lead), **theirs(case, paper, pairing)})
            seen.add(address)
        address = f"{paper.slug}.claims.{claim.slug}.all.all"
        if address in lines and case.is_audited(address):
            if broken:
                yield skipped(address, broken)
            else:
                yield _observed(lines[address], _claim(case, paper, claim, compared))


def _address(paper: Paper, pairing: Pairing) -> str:
    return ".".join(
        (paper.slug, pairing.table.slug, pairing.row_slug, pairing.column.slug, pairing.metric_slug)
    )


def _claim(
    case: Case, paper: Paper, claim: Claim, compared: Sequence[tuple[Pairing, Lead | None]]
) -> Mapping[str, object]:
    leads = [lead for _, lead in compared]
    sure = [lead for lead in leads if lead is not None and not lead.open]
    positive = sum(lead.mean > 0 for lead in sure)
    printed = [theirs(case, paper, pairing)["published"] for pairing, _ in compared]
    in_print = [value for value in printed if isinstance(value, float)]
    share = sum(value > 0 for value in in_print) / len(in_print) if in_print else None
    return {
        "value": positive / len(sure) if sure else None,
        "printed": f"{positive} of {len(sure)}" if sure else "",
        "n": len(sure),
        "published": share,
        "verdict": _verdict(case, claim, leads, sure),
    }


def _verdict(case: Case, claim: Claim, leads: Sequence[Lead | None], sure: Sequence[Lead]) -> str:
    """The verdict: enough comparisons must pass, each at a level that makes up for the rest."""
    assert case.experiment is not None
    if not case.experiment.protocol.verdicts:
        return ""
    if len(sure) < len(leads) or any(len(lead.seeds) < numbers.LEAST for lead in sure):
        return "undecided"
    if not any(lead.mean > 0 for lead in sure):
        return "fails"
    share = Fraction(str(getattr(claim, "share", 1)))
    spared = len(sure) - ceil(share * len(sure))
    passing = sum(
        lead.mean > 0
        and lead.p_value is not None
        and lead.p_value * (spared + 1) <= numbers.SIGNIFICANCE
        for lead in sure
    )
    return "holds" if passing >= len(sure) - spared else "holds in part"
