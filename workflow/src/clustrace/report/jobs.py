"""The rules ledger, parquet, table, figure and summary, as jobs of the workflow."""

from __future__ import annotations

from clustrace.config.claims import CLAIMS
from clustrace.config.experiment import load_experiment
from clustrace.config.plan import Plan
from clustrace.provenance.ledger import read_ledger
from clustrace.provenance.parquet import write_parquet
from clustrace.report import results
from clustrace.report.figures import write_paper_figure
from clustrace.stages.job import Job


def _plan(job: Job) -> Plan:
    return Plan(load_experiment(".", job.config))


def ledger(job: Job) -> None:
    """Write the ledger of a paper."""
    plan = _plan(job)
    results.write_paper_ledger(plan, plan.experiment.papers[job.wildcards["paper"]])
    job.recorder.note(determinism="bit-equal")


def parquet(job: Job) -> None:
    """Write a ledger as Parquet, from its CSV."""
    write_parquet(job.output["parquet"], read_ledger(job.path("ledger")))
    job.recorder.note(determinism="bit-equal")


def table(job: Job) -> None:
    """Render a table of a paper, or the table of its claims."""
    plan = _plan(job)
    paper = plan.experiment.papers[job.wildcards["paper"]]
    wanted = job.wildcards["table"]
    if wanted == CLAIMS:
        results.write_paper_claims(plan, paper)
    else:
        results.write_paper_table(plan, paper, paper.table(wanted))
    job.recorder.note(determinism="bit-equal")


def figure(job: Job) -> None:
    """Draw a figure of a paper."""
    plan = _plan(job)
    paper = plan.experiment.papers[job.wildcards["paper"]]
    write_paper_figure(plan, paper, paper.figure(job.wildcards["figure"]))
    job.recorder.note(determinism="bit-equal")


def summary(job: Job) -> None:
    """Write the summary of all results."""
    results.write_summary(_plan(job))
    job.recorder.note(determinism="bit-equal")
