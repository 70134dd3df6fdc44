"""Adapter of the rule activations: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.activations:activations")  # noqa: F821  Snakemake defines it
