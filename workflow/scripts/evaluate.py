"""Adapter of the rule evaluate: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.evaluate:evaluate")  # noqa: F821  Snakemake defines it
