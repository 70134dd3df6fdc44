"""Adapter of the rule figure: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.report.jobs:figure")  # noqa: F821  Snakemake defines it
