"""Adapter of the rule evaluate: Snakemake's job to the package."""

from clustrace.stages.evaluate import evaluate
from clustrace.stages.running import run_job

run_job(snakemake, evaluate)  # noqa: F821  Snakemake defines it
