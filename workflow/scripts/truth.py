"""Adapter of the rule truth: Snakemake's job to the package."""

from clustrace.stages.running import run_job
from clustrace.stages.truth import truth

run_job(snakemake, truth)  # noqa: F821  Snakemake defines it
