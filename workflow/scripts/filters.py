"""Adapter of the rule filters: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.filters:filters")  # noqa: F821  Snakemake defines it
