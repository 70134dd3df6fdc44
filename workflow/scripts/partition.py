"""Adapter of the rule partition: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.partition:partition")  # noqa: F821  Snakemake defines it
