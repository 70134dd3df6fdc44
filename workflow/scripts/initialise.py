"""Adapter of the rule initialise: Snakemake's job to the package."""

from clustrace.stages.initialise import initialise
from clustrace.stages.running import run_job

run_job(snakemake, initialise)  # noqa: F821  Snakemake defines it
