"""Adapter of the rule prepare: Snakemake's job to the package."""

from clustrace.stages.job import run_job
from clustrace.stages.prepare import prepare

run_job(snakemake, prepare)  # noqa: F821  Snakemake defines it
