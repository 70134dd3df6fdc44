"""From scores on disk to ledgers, tables, figures and the summary, whatever exists of them.

The rules of the workflow and ``clustrace tables`` call the same functions, so tables can be
built at any time from what is there; what is missing says why.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clustrace.config.claims import CLAIMS
from clustrace.config.experiment import Experiment
from clustrace.config.pairings import ITERATIONS
from clustrace.config.papers import Paper, Table
from clustrace.config.plan import TABLE_FORMS, Plan, Run
from clustrace.data.artefact import Outcome
from clustrace.errors import StorageError
from clustrace.files import read_json, write_text
from clustrace.provenance.cells import MethodResult, SeedScores, build_rows
from clustrace.provenance.claims import claim_rows
from clustrace.provenance.environment import describe_machine
from clustrace.provenance.ledger import read_ledger, write_ledger
from clustrace.report.claims import write_claims
from clustrace.report.claims_view import claims_view
from clustrace.report.figures import write_paper_figure
from clustrace.report.summary import render_summary
from clustrace.report.table_view import table_view
from clustrace.report.tables import write_table

_METRICS = ("acc", "nmi", "ari")


def write_paper_ledger(plan: Plan, paper: Paper) -> None:
    """Write the ledger of a paper from all scores of this protocol that exist."""
    experiment = plan.experiment
    wanted = set(plan.runs_of(paper))
    results = {
        (run.method, run.dataset): _result(plan, run, wanted=run in wanted)
        for run in _all_runs(paper)
    }
    published, protocol = experiment.published[paper.slug], experiment.protocol
    rows = [
        *build_rows(paper, published, results, protocol=protocol),
        *claim_rows(paper, published, results, protocol=protocol),
    ]
    write_ledger(experiment.layout.ledger(protocol.slug, paper.slug), rows)


def _all_runs(paper: Paper) -> set[Run]:
    return {
        Run(column.dataset, row.method)
        for table in paper.tables
        for column in table.columns
        for row in table.rows
        if row.method is not None
    }


def _result(plan: Plan, run: Run, *, wanted: bool) -> MethodResult:
    """Scores of a run over all planned seeds, with the reasons for those that are missing."""
    experiment = plan.experiment
    members: list[SeedScores] = []
    reasons: list[str] = []
    for block in experiment.blocks:
        names = (experiment.protocol.slug, run.dataset, run.method, block)
        path = experiment.layout.metrics(*names)
        if not path.exists():
            reasons.append(_why_missing(experiment, *names, wanted=wanted))
            continue
        try:
            content = read_json(path)
            found, failed = _members(content, path)
        except (StorageError, KeyError, TypeError) as error:
            reasons.append(f"{path} cannot be read ({error}); delete it and run again")
            continue
        members += found
        reasons += failed
    return MethodResult(tuple(members), "; ".join(dict.fromkeys(reasons)))


def _members(content: Any, path: Path) -> tuple[list[SeedScores], list[str]]:
    members = [
        SeedScores(int(seed), _scores(scores), path.parent.as_posix())
        for seed, scores in content["seeds"].items()
    ]
    outcome = Outcome.from_dict(content["outcome"])
    reasons = [_sentence(outcome)] if not outcome.ok else []
    for seed, failure in content.get("failures", {}).items():
        reasons.append(f"seed {seed}: {_sentence(Outcome.from_dict(failure))}")
    return members, reasons


def _scores(scores: Any) -> dict[str, float]:
    """Metrics of one seed, and its gradient steps where its method takes any."""
    found = {metric: float(scores[metric]) for metric in _METRICS}
    if ITERATIONS in scores:
        found[ITERATIONS] = float(scores[ITERATIONS])
    return found


def _sentence(outcome: Outcome) -> str:
    return f"{outcome.status.value.replace('-', ' ')}: {outcome.reason}"


def _why_missing(
    experiment: Experiment, protocol: str, dataset: str, method: str, block: str, *, wanted: bool
) -> str:
    if not wanted:
        return "not run in this configuration"
    layout, subset = experiment.layout, experiment.subset(dataset)
    raw = experiment.dataset(dataset).raw
    jobs = [
        (layout.raw(raw), layout.data_log("fetch", raw)),
        (layout.features(dataset, subset), layout.data_log("prepare", dataset, subset)),
    ]
    for step in experiment.chain(method):
        stage = experiment.methods[step].stage
        run = (protocol, dataset, step, block)
        jobs.append((layout.model(*run), layout.log(protocol, stage, dataset, step, block)))
    for output, log in jobs:
        if log.exists() and not output.exists():
            error = _last_error(log) or "it ended without a word, perhaps killed"
            return f"the job failed: {error} (see {log.as_posix()})"
    return "not computed yet"


def _last_error(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line.removeprefix("Error: ") for line in lines if "Error" in line]
    return errors[-1][:400].rstrip(".") if errors else ""


def write_paper_table(plan: Plan, paper: Paper, table: Table) -> None:
    """Render a table of a paper from its ledger."""
    experiment = plan.experiment
    protocol = experiment.protocol
    rows = read_ledger(experiment.layout.ledger(protocol.slug, paper.slug))
    view = table_view(paper, table, rows, protocol)
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
        for table in paper.tables:
            write_paper_table(plan, paper, table)
        if paper.claims:
            write_paper_claims(plan, paper)
        for figure in paper.figures:
            write_paper_figure(plan, paper, figure)
    write_summary(plan)
