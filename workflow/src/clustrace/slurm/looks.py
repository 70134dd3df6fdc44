"""How often Snakemake looks what became of its jobs on the cluster."""

from __future__ import annotations

from typing import Any


def look_every(seconds: float) -> None:
    """Let the executor wait at most so long between two looks, from now on in this process.

    By itself it waits ten seconds longer after each look at which no job had ended, up to three
    minutes, and no setting of it bounds that: a job of half a minute is noticed a quarter of a
    minute late.
    """
    from snakemake_executor_plugin_slurm import Executor

    own = Executor.next_seconds_between_status_checks

    def at_most(executor: Any) -> float:
        return float(min(own.fget(executor), seconds))

    Executor.next_seconds_between_status_checks = property(at_most, own.fset)
