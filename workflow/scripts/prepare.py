"""Adapter of the rule prepare: Snakemake's job to the package."""

from clustrace.stages.prepare import prepare
from clustrace.stages.running import run_job

run_job(snakemake, prepare)  # noqa: F821  Snakemake defines it
