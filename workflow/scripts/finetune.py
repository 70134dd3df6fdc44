"""Adapter of the rule finetune: Snakemake's job to the package."""

from clustrace.stages.launch import launch

launch(snakemake, "clustrace.stages.finetune:finetune")  # noqa: F821  Snakemake defines it
