"""Adapter of the rule fetch: Snakemake's job to the package."""

from clustrace.stages.fetch import fetch
from clustrace.stages.running import run_job

run_job(snakemake, fetch)  # noqa: F821  Snakemake defines it
