"""Adapter of the rule cluster: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.cluster:cluster")  # noqa: F821  Snakemake defines it
