"""Checkpoints that jobs leave which share one on the cluster."""

from __future__ import annotations

import shutil

from clustrace.config.layout import Layout


def remove_needless(layout: Layout, protocol: str) -> None:
    """Remove the checkpoints of trainings whose model stands; to be called when no job runs.

    Snakemake takes a shared job as a whole: when one of its trainings fails, the models of the
    others are removed too, and their last checkpoints are what they are made from again at once.

    Args:
        layout: where the results are.
        protocol: protocol of the run.
    """
    for folder in layout.protocol(protocol).glob("checkpoints/*/*/*/"):
        if layout.model(protocol, *folder.parts[-3:]).exists():
            shutil.rmtree(folder, ignore_errors=True)
