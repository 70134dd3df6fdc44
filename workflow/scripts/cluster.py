"""Adapter of the rule cluster: Snakemake's job to the package."""

from clustrace.stages.cluster import cluster
from clustrace.stages.running import run_job

run_job(snakemake, cluster)  # noqa: F821  Snakemake defines it
