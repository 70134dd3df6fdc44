"""Adapter of the rule reveal: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.reveal:reveal")  # noqa: F821  Snakemake defines it
