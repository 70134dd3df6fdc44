"""Adapter of the rule ledger: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.report.jobs:ledger")  # noqa: F821  Snakemake defines it
