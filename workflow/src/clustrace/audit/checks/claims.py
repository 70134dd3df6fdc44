"""Checks on what rests on several cells: rankings, comparisons, claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from clustrace.audit import numbers
from clustrace.audit.case import Case
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
                lead = _lead(case, pairing)
            except TreeError as error:
                broken = str(error)
                if case.is_audited(address) and address not in seen:
                    yield skipped(address, broken)
                seen.add(address)
                continue
            compared.append((pairing, lead))
            if address in lines and case.is_audited(address) and address not in seen:
                yield _observed(lines[address], {**_ours(lead), **_theirs(case, paper, pairing)})
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


@dataclass(frozen=True)
class _Side:
    """A method's values on a data set, seed by seed."""

    values: Mapping[int, float]
    capped: frozenset[int]
    """Seeds whose training ended at its largest number of steps."""


@dataclass(frozen=True)
class _Lead:
    """Paired differences of two methods."""

    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    capped: tuple[str, ...]
    open: bool
    """True if longer trainings might have turned it."""

    @property
    def mean(self) -> float:
        return numbers.mean(self.differences)

    @property
    def p_value(self) -> float | None:
        return None if self.open else numbers.paired_p_value(self.differences)


def _lead(case: Case, pairing: Pairing) -> _Lead | None:
    """The lead over the seeds that both have; None without any.

    Raises:
        TreeError: a run cannot be scored.
    """
    ahead, behind = (_side(case, pairing, row.method) for row in (pairing.ahead, pairing.behind))
    seeds = tuple(sorted(ahead.values.keys() & behind.values.keys()))
    if not seeds:
        return None
    sign = 1 if pairing.metric else -1
    differences = tuple(sign * (ahead.values[seed] - behind.values[seed]) for seed in seeds)
    unsure = ahead if sum(map(Fraction, differences)) > 0 else behind
    capped = [
        f"{row.slug}:{seed}"
        for row, side in ((pairing.ahead, ahead), (pairing.behind, behind))
        for seed in seeds
        if seed in side.capped
    ]
    is_open = any(seed in unsure.capped for seed in seeds)
    return _Lead(seeds, differences, tuple(capped), is_open)


def _side(case: Case, pairing: Pairing, method: str | None) -> _Side:
    group = case.scores.groups.get(("evaluate", pairing.column.dataset, method or ""), [])
    values: dict[int, float] = {}
    capped: set[int] = set()
    for evaluation in sorted(group, key=lambda evaluation: evaluation.run):
        if pairing.metric is not None:
            for seed, scores in case.scores.of(evaluation.run).seeds.items():
                values.setdefault(seed, getattr(scores, pairing.metric.metric))
            continue
        for seed, steps in case.scores.steps(evaluation.run).items():
            if seed not in values:
                values[seed] = steps.count
                capped |= {seed} if steps.capped else set()
    return _Side(values, frozenset(capped))


def _ours(lead: _Lead | None) -> Mapping[str, object]:
    if lead is None:
        return {"value": None, "n": 0, "p_value": None}
    return {
        "value": lead.mean,
        "std": numbers.deviation(lead.differences),
        "n": len(lead.seeds),
        "seeds": lead.seeds,
        "p_value": lead.p_value,
        "capped": lead.capped,
    }


def _theirs(case: Case, paper: Paper, pairing: Pairing) -> Mapping[str, object]:
    """The lead in the numbers that the paper prints."""
    if pairing.metric is None:
        return {"published": None}
    ends = (pairing.column.slug, pairing.metric.slug)
    values = []
    for row in (pairing.ahead, pairing.behind):
        place = case.places.get(".".join((paper.slug, pairing.table.slug, row.slug, *ends)))
        number = place.number if place else None
        values.append(number.value if number else None)
    ahead, behind = values
    if ahead is None or behind is None:
        return {"published": None}
    return {"published": float(Fraction(repr(ahead)) - Fraction(repr(behind)))}


def _claim(
    case: Case, paper: Paper, claim: Claim, compared: Sequence[tuple[Pairing, _Lead | None]]
) -> Mapping[str, object]:
    leads = [lead for _, lead in compared]
    sure = [lead for lead in leads if lead is not None and not lead.open]
    positive = sum(lead.mean > 0 for lead in sure)
    printed = [_theirs(case, paper, pairing)["published"] for pairing, _ in compared]
    theirs = [value for value in printed if isinstance(value, float)]
    share = sum(value > 0 for value in theirs) / len(theirs) if theirs else None
    return {
        "value": positive / len(sure) if sure else None,
        "printed": f"{positive} of {len(sure)}" if sure else "",
        "n": len(sure),
        "published": share,
        "verdict": _verdict(case, leads, sure, positive),
    }


def _verdict(
    case: Case, leads: Sequence[_Lead | None], sure: Sequence[_Lead], positive: int
) -> str:
    assert case.experiment is not None
    if not case.experiment.protocol.verdicts:
        return ""
    if len(sure) < len(leads) or any(len(lead.seeds) < numbers.LEAST for lead in sure):
        return "undecided"
    if not positive:
        return "fails"
    significant = all(
        lead.mean > 0 and lead.p_value is not None and lead.p_value <= numbers.SIGNIFICANCE
        for lead in sure
    )
    return "holds" if significant else "holds in part"
