"""Adapter of the rule embed: Snakemake's job to the package."""

from clustrace.stages.embed import embed
from clustrace.stages.running import run_job

run_job(snakemake, embed)  # noqa: F821  Snakemake defines it
