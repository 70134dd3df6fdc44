"""What a site shows: the ledgers of a protocol, each number explained, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clustrace.config.experiment import Experiment
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan
from clustrace.errors import ClustraceError, StorageError
from clustrace.provenance.explain import Explainer
from clustrace.provenance.explanation import Explanation
from clustrace.provenance.hash_cache import CACHE, HashCache
from clustrace.provenance.ledger import LedgerRow, read_ledger
from clustrace.report.claims_view import ClaimsView, claims_view
from clustrace.report.table_view import TableView, table_view


@dataclass(frozen=True)
class PaperContent:
    """A paper's ledger and the views of its tables, or the reason why it cannot be shown."""

    paper: Paper
    ledger: Path
    rows: tuple[LedgerRow, ...] = ()
    tables: tuple[TableView, ...] = ()
    claims: ClaimsView | None = None
    fault: str = ""

    @property
    def cells(self) -> tuple[LedgerRow, ...]:
        """Rows of the cells of its tables."""
        return tuple(row for row in self.rows if row.kind == "cell")


@dataclass(frozen=True)
class Content:
    """All that a site is made from.

    Attributes:
        plan: the experiment under the protocol of the site.
        papers: papers with a ledger.
        absent: papers that have none under this protocol.
        explanations: each number with its causes, by address.
        unexplained: why a number could not be explained, by address.
        faults: what could not be read, in sentences.
    """

    plan: Plan
    papers: tuple[PaperContent, ...]
    absent: tuple[Paper, ...]
    explanations: Mapping[str, Explanation] = field(default_factory=dict)
    unexplained: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def experiment(self) -> Experiment:
        """The experiment."""
        return self.plan.experiment

    @property
    def rows(self) -> Iterator[LedgerRow]:
        """Rows of all ledgers."""
        return (row for paper in self.papers for row in paper.rows)


def collect(experiment: Experiment) -> Content:
    """Read the ledgers of the experiment's protocol and explain every number.

    A ledger that cannot be read does not keep the others from being shown.

    Raises:
        StorageError: the protocol has no ledger at all.
    """
    plan, protocol = Plan(experiment), experiment.protocol.slug
    folder = experiment.layout.protocol(protocol) / "ledger"
    found = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    if not found:
        raise StorageError(
            f"There is no ledger in {folder}; run the workflow under this protocol first, as in "
            f"`make results PROTOCOL={protocol}`."
        )
    papers = [
        _paper(experiment, paper, found[slug])
        for slug, paper in experiment.papers.items()
        if slug in found
    ]
    unknown = [path for slug, path in found.items() if slug not in experiment.papers]
    explained, unexplained, fault = _explain(experiment, papers)
    return Content(
        plan=plan,
        papers=tuple(papers),
        absent=tuple(p for p in plan.papers if p.slug not in found),
        explanations=explained,
        unexplained=unexplained,
        faults=(
            *(paper.fault for paper in papers if paper.fault),
            *(f"{path} belongs to no paper of config/papers; it is not shown." for path in unknown),
            *([fault] if fault else []),
        ),
    )


def _paper(experiment: Experiment, paper: Paper, path: Path) -> PaperContent:
    deviations = experiment.deviations[paper.slug].deviations
    try:
        rows = read_ledger(path)
        return PaperContent(
            paper,
            path,
            rows,
            tuple(
                table_view(paper, table, rows, experiment.protocol, deviations)
                for table in paper.tables
            ),
            claims_view(paper, rows, experiment.protocol) if paper.claims else None,
        )
    except StorageError as error:
        return PaperContent(paper, path, fault=str(error))


def _explain(
    experiment: Experiment, papers: list[PaperContent]
) -> tuple[dict[str, Explanation], dict[str, str], str]:
    explained: dict[str, Explanation] = {}
    unexplained: dict[str, str] = {}
    hashes = HashCache(experiment.root / CACHE)
    folder = experiment.layout.protocol(experiment.protocol.slug)
    try:
        explainer = Explainer(folder, experiment.root, hashes)
    except StorageError as error:
        return {}, {row.address: str(error) for p in papers for row in p.rows}, str(error)
    for paper in papers:
        for row in paper.rows:
            try:
                explained[row.address] = explainer.explain(paper.ledger, row)
            except ClustraceError as error:
                unexplained[row.address] = str(error)
    hashes.save()
    return explained, unexplained, ""
