"""Adapter of the rule pretrain: Snakemake's job to the package."""

from clustrace.stages.pretrain import pretrain
from clustrace.stages.running import run_job

run_job(snakemake, pretrain)  # noqa: F821  Snakemake defines it
