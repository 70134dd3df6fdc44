"""Adapter of the rule embed: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.embed:embed")  # noqa: F821  Snakemake defines it
