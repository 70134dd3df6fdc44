"""Adapter of the rule initialise: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.initialise:initialise")  # noqa: F821  Snakemake defines it
