"""Adapter of the rule pretrain: Snakemake's job to the package."""

from clustrace.stages.job import run_job
from clustrace.stages.pretrain import pretrain

run_job(snakemake, pretrain)  # noqa: F821  Snakemake defines it
