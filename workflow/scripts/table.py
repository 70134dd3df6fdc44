"""Adapter of the rule table: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.report.jobs:table")  # noqa: F821  Snakemake defines it
