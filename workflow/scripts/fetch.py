"""Adapter of the rule fetch: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.fetch:fetch")  # noqa: F821  Snakemake defines it
