"""From scores on disk to ledgers, tables, figures and the summary, whatever exists of them.

The rules of the workflow and ``clustrace tables`` call the same functions, so tables can be
built at any time from what is there; what is missing says why.
"""

from __future__ import annotations

import functools

from clustrace.config.claims import CLAIMS
from clustrace.config.papers import Paper, Table
from clustrace.config.plan import TABLE_FORMS, Plan
from clustrace.files import write_text
from clustrace.provenance.cells import build_rows
from clustrace.provenance.claims import claim_rows
from clustrace.provenance.environment import describe_machine
from clustrace.provenance.evidence import read_evidence
from clustrace.provenance.ledger import read_ledger, write_ledger
from clustrace.provenance.parquet import write_parquet
from clustrace.provenance.rungs import with_evidence
from clustrace.report.claims import write_claims
from clustrace.report.claims_view import claims_view
from clustrace.report.drawn import array_rows
from clustrace.report.figures import write_paper_figure
from clustrace.report.network_sizes import network_sizes
from clustrace.report.scores import paper_results
from clustrace.report.summary import render_summary
from clustrace.report.table_view import table_view
from clustrace.report.tables import write_table


def write_paper_ledger(plan: Plan, paper: Paper) -> None:
    """Write the ledger of a paper from all scores, histories and embeddings that exist."""
    experiment = plan.experiment
    published, protocol = experiment.published[paper.slug], experiment.protocol
    results = paper_results(plan, paper)
    sizes = network_sizes(plan, paper)
    cells = build_rows(paper, published, results, protocol=protocol, sizes=sizes)
    rows = [
        *cells,
        *claim_rows(paper, published, results, protocol=protocol),
        *array_rows(plan, paper, cells),
    ]
    evidence = read_evidence(experiment.layout.evidence(protocol.slug, paper.slug))
    rated = with_evidence(rows, evidence, root=experiment.root)
    write_ledger(experiment.layout.ledger(protocol.slug, paper.slug), rated)


def _write_parquet(plan: Plan, paper: Paper) -> None:
    experiment = plan.experiment
    ledger = functools.partial(experiment.layout.ledger, experiment.protocol.slug, paper.slug)
    write_parquet(ledger("parquet"), read_ledger(ledger()))


def write_paper_table(plan: Plan, paper: Paper, table: Table) -> None:
    """Render a table of a paper from its ledger."""
    experiment = plan.experiment
    protocol = experiment.protocol
    rows = read_ledger(experiment.layout.ledger(protocol.slug, paper.slug))
    deviations = experiment.deviations[paper.slug].deviations
    view = table_view(paper, table, rows, protocol, deviations)
    for form in TABLE_FORMS:
        write_table(experiment.layout.table(protocol.slug, paper.slug, table.slug, form), view)


def write_paper_claims(plan: Plan, paper: Paper) -> None:
    """Render what became of a paper's claims, from its ledger."""
    experiment = plan.experiment
    protocol = experiment.protocol
    rows = read_ledger(experiment.layout.ledger(protocol.slug, paper.slug))
    view = claims_view(paper, rows, protocol)
    for form in TABLE_FORMS:
        write_claims(experiment.layout.table(protocol.slug, paper.slug, CLAIMS, form), view)


def write_summary(plan: Plan) -> None:
    """Write summary.md from the ledgers of the chosen papers."""
    experiment = plan.experiment
    rows = [
        row
        for paper in plan.papers
        for row in read_ledger(experiment.layout.ledger(experiment.protocol.slug, paper.slug))
    ]
    text = render_summary(experiment.protocol, plan.papers, rows, machine=describe_machine())
    write_text(experiment.layout.summary(experiment.protocol.slug), text)


def write_everything(plan: Plan) -> None:
    """Write ledgers, tables, figures and summary from what exists."""
    for paper in plan.papers:
        write_paper_ledger(plan, paper)
        _write_parquet(plan, paper)
        for table in paper.tables:
            write_paper_table(plan, paper, table)
        if paper.claims:
            write_paper_claims(plan, paper)
        for figure in paper.figures:
            write_paper_figure(plan, paper, figure)
    write_summary(plan)
