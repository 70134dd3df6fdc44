"""Adapter of the rule finetune: Snakemake's job to the package."""

from clustrace.stages.finetune import finetune
from clustrace.stages.running import run_job

run_job(snakemake, finetune)  # noqa: F821  Snakemake defines it
