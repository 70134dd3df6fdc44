"""Adapter of the rule classify: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.classify:classify")  # noqa: F821  Snakemake defines it
