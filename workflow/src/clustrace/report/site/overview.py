"""What the overview shows: shares of the verdicts, what is missing and why, machine and date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from clustrace.config.papers import Paper
from clustrace.provenance.environment import Environment
from clustrace.provenance.explanation import JobNode
from clustrace.report.site.content import Content, PaperContent
from clustrace.report.site.links import short_name
from clustrace.report.site.standing import MISSING, OPEN, Reason, Share, reasons, shares


@dataclass(frozen=True)
class PaperSummary:
    """A paper on the overview."""

    slug: str
    name: str
    title: str
    reference: str
    fault: str
    cells: int
    shares: tuple[Share, ...]
    claims: tuple[tuple[str, int], ...]
    """Number of claims by their verdict."""
    missing: tuple[Reason, ...]
    undecided: tuple[Reason, ...]


@dataclass(frozen=True)
class Overview:
    """Everything that the overview shows."""

    papers: tuple[PaperSummary, ...]
    absent: tuple[Paper, ...]
    cells: int
    shares: tuple[Share, ...]
    machines: tuple[str, ...]
    software: tuple[str, ...]
    first: str
    last: str
    """Days of the first and the last recorded job; empty without records."""
    jobs: int


def overview(content: Content) -> Overview:
    """Collect what the overview shows."""
    jobs: dict[str, JobNode] = {}
    environments: dict[str, Environment] = {}
    for explanation in content.explanations.values():
        jobs |= {job.id: job for job in explanation.jobs}
        environments |= explanation.environments
    days = sorted(job.start[:10] for job in jobs.values())
    rows = [row for row in content.rows if row.kind == "cell"]
    return Overview(
        papers=tuple(map(_summary, content.papers)),
        absent=content.absent,
        cells=len(rows),
        shares=shares(rows),
        machines=_distinct(_machine(e) for e in environments.values()),
        software=_distinct(_software(e) for e in environments.values()),
        first=days[0] if days else "",
        last=days[-1] if days else "",
        jobs=len(jobs),
    )


def _summary(shown: PaperContent) -> PaperSummary:
    claims = Counter(str(row.verdict or "no verdict") for row in shown.rows if row.kind == "claim")
    return PaperSummary(
        slug=shown.paper.slug,
        name=short_name(shown.paper),
        title=shown.paper.title,
        reference=shown.paper.reference,
        fault=shown.fault,
        cells=len(shown.cells),
        shares=shares(shown.rows),
        claims=tuple(claims.most_common()),
        missing=reasons(shown.rows, MISSING),
        undecided=reasons(shown.rows, OPEN),
    )


def _machine(environment: Environment) -> str:
    processor = environment.processor
    gpu = environment.torch.cuda if environment.torch else None
    cores = f"{processor.model or 'processor of unknown make'}, {processor.cores} cores"
    return f"{cores}, {gpu.name}" if gpu else cores


def _software(environment: Environment) -> str:
    torch = f", torch {environment.torch.version}" if environment.torch else ""
    return f"Python {environment.python}{torch}"


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
