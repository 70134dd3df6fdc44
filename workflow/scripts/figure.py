"""Adapter of the rule figure: Snakemake's job to the package."""

from clustrace.report.jobs import figure
from clustrace.stages.running import run_job

run_job(snakemake, figure)  # noqa: F821  Snakemake defines it
