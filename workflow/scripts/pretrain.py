"""Adapter of the rule pretrain: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.pretrain:pretrain")  # noqa: F821  Snakemake defines it
