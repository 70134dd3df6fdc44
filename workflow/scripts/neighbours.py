"""Adapter of the rule neighbours: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.neighbours:neighbours")  # noqa: F821  Snakemake defines it
