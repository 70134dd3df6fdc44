"""Jobs that share one on the cluster: how they are run, and how Snakemake's log tells of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: Begins the list of the jobs that share one; their blocks follow, indented.
SHARED = re.compile(r"(?:\[.+\] )?Group job \S+ \(jobs in lexicogr\. order\):$")
_INDENTED = re.compile(
    r" {4}(?=(?:rule \w+:|Error in rule \w+(?:, jobid: \d+)?:|\[[^]]+\]| {4}[\w-]+: .*)$)"
)


def others_go_on() -> None:
    """Let the Snakemake inside shared jobs do the others when one fails, from now on.

    It is not told what the profile says of that. To be called in the process that starts it.
    """
    from snakemake_executor_plugin_slurm_jobstep import Executor

    def arguments(_: Any) -> str:
        return "--keep-going"

    Executor.additional_general_args = arguments


def without_indent(line: str) -> str:
    """A line of a block that is one of several, as if it stood alone."""
    return _INDENTED.sub("", line, count=1)


def shared_number(rule: str, wildcards: Mapping[str, str]) -> str:
    """What Snakemake calls a shared job instead of a number: after this one, the last of its jobs.

    Args:
        rule: rule of the last job.
        wildcards: its wildcards by name.
    """
    from snakemake.common import get_uuid  # takes long, and few logs need it

    pairs = ",".join(sorted(f"{name}:{value}" for name, value in wildcards.items()))
    return str(get_uuid(f"{rule}:{pairs}"))
