"""Adapter of the rule table: Snakemake's job to the package."""

from clustrace.report.jobs import table
from clustrace.stages.running import run_job

run_job(snakemake, table)  # noqa: F821  Snakemake defines it
