"""Adapter of the rule ledger: Snakemake's job to the package."""

from clustrace.report.jobs import ledger
from clustrace.stages.running import run_job

run_job(snakemake, ledger)  # noqa: F821  Snakemake defines it
