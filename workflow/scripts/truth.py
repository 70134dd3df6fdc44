"""Adapter of the rule truth: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.truth:truth")  # noqa: F821  Snakemake defines it
