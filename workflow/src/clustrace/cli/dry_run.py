"""Which jobs a run would do now, as Snakemake says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from clustrace.cli.snakemake_log import SnakemakeLog
from clustrace.cli.supervise import snakemake_command
from clustrace.errors import ClustraceError
from clustrace.estimate.jobs import PlannedJob
from clustrace.preflight.commands import run

#: Targets, which do nothing themselves.
_TARGETS = frozenset({"all", "tables", "figures", "data"})
_SECONDS = 600.0


def jobs_to_do(root: Path, pairs: Sequence[str]) -> frozenset[PlannedJob]:
    """Jobs that a run with these settings would do now.

    Raises:
        ClustraceError: Snakemake cannot tell.
    """
    settings = ("--config", *pairs) if pairs else ()
    command = snakemake_command("--dry-run", "--cores", "1", *settings)
    answer = run(*command, seconds=_SECONDS, folder=root)
    log = SnakemakeLog(root)
    for line in f"{answer.output}\n{answer.error}".splitlines():
        log.add(line)
    if answer.status != 0:
        problem = re.sub(r"\s+", " ", log.problem or answer.complaint)
        raise ClustraceError(f"Snakemake cannot tell what is to do: {problem}")
    return frozenset(
        PlannedJob(job.rule, job.wildcards)
        for job in log.running.values()
        if job.rule not in _TARGETS
    )
