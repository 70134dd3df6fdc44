"""Adapter of the rule summary: Snakemake's job to the package."""

from clustrace.report.jobs import summary
from clustrace.stages.running import run_job

run_job(snakemake, summary)  # noqa: F821  Snakemake defines it
