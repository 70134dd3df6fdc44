"""Adapter of the rule summary: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.report.jobs:summary")  # noqa: F821  Snakemake defines it
