"""Adapter of the rule prepare: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.prepare:prepare")  # noqa: F821  Snakemake defines it
