"""Copies of the project that run on the cluster."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from clustrace.slurm.submissions import submissions
from tests.workflow.conftest import DEMONSTRATION, Project, copy_project, kill_group

#: The pretended GPUs compute nothing.
CONFIG = {**DEMONSTRATION, "device": "cpu", "checkpoint_seconds": 1}
# Between two looks at its jobs the executor waits ten seconds longer each time; no setting of it.
_IMPATIENT = """

from snakemake_executor_plugin_slurm import Executor

Executor.next_seconds_between_status_checks = property(lambda _: 1, lambda *_: None)
"""


def copy_for_cluster(folder: Path) -> Project:
    """A fresh copy, whose Snakemake looks at its jobs every second."""
    project = copy_project(folder)
    with (folder / "Snakefile").open("a") as snakefile:
        snakefile.write(_IMPATIENT)
    return project


def each_job_alone(project: Project) -> None:
    """No longer a short protocol, whose jobs share some on the cluster; its few steps stay."""
    project.edit("config/protocols/smoke.yaml", "max_samples: 300\n", "")


def on_cluster(project: Project, *arguments: str, **config: object) -> subprocess.Popen[str]:
    """Start ``snakemake --profile slurm`` in a copy; the output goes to a file."""
    return _start(project, project.command("--profile", "slurm", *arguments, **config))


def clustrace_run(
    project: Project, *, extra: Sequence[str] = (), **config: object
) -> subprocess.Popen[str]:
    """Start ``clustrace run --profile slurm`` in a copy, with further arguments of Snakemake."""
    program = [sys.executable, "-c", "from clustrace.cli.main import main; main()"]
    pairs = [f"{key}={value}" for key, value in config.items()]
    return _start(project, [*program, "run", "--profile", "slurm", *pairs, "--", *extra])


def _start(project: Project, command: list[str]) -> subprocess.Popen[str]:
    with output_of(project).open("w") as output:
        return subprocess.Popen(
            command,
            cwd=project.folder,
            env=project.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def status_of(process: subprocess.Popen[str], seconds: float = 1500) -> int:
    """How a run ends; it is killed if it does not, or if the test is stopped."""
    try:
        return process.wait(timeout=seconds)
    except BaseException:
        kill_group(process)
        raise


def output_of(project: Project) -> Path:
    """File with what the last run in a copy said."""
    return project.folder / "output.txt"


def slurm_jobs(project: Project) -> dict[str, list[str]]:
    """Numbers of a copy's jobs on the cluster, in all its runs, by rule and wildcards."""
    numbers: dict[str, list[str]] = {}
    for log in sorted((project.folder / ".snakemake/log").glob("*.snakemake.log")):
        for job in submissions(log.read_text().splitlines()).jobs:
            numbers.setdefault(job.name, []).append(job.number)
    return numbers
