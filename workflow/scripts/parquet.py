"""Adapter of the rule parquet: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.report.jobs:parquet")  # noqa: F821  Snakemake defines it
