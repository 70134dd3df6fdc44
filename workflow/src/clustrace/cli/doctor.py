"""``clustrace doctor``: whether this machine, or a cluster, can do a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import TypeAdapter

from clustrace.cli.options import Config, experiment_of, repository
from clustrace.preflight.finding import Finding, State

app = typer.Typer()

_COLOURS = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "red"}


class Format(StrEnum):
    """Forms of the answer."""

    COLUMNS = "columns"
    JSON = "json"
    MARKDOWN = "markdown"


@app.command()
def doctor(
    config: Config = None,
    profile: Annotated[
        str | None, typer.Option(help="Snakemake profile of a cluster to check too, as slurm.")
    ] = None,
    wait: Annotated[
        float, typer.Option(min=1, help="Seconds to wait for a job of a minute on a node.")
    ] = 120.0,
    form: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.COLUMNS,
) -> None:
    """Check software, disk, data and store, and with a profile the cluster, before a run.

    Each check is ok, a warning, or failed, with what to do. Exits with 1 if one failed.
    """
    from clustrace.config.plan import Plan
    from clustrace.preflight.doctor import all_findings
    from clustrace.preflight.profile import Profile

    loaded = Profile.load(profile, repository()) if profile else None
    plan = Plan(experiment_of([*(loaded.pairs if loaded else ()), *(config or ())]))
    findings = []
    for finding in all_findings(plan, loaded, wait):
        findings.append(finding)
        if form is Format.COLUMNS:
            typer.echo(_line(finding))
    if form is Format.JSON:
        typer.echo(TypeAdapter(list[Finding]).dump_json(findings, indent=2).decode())
    elif form is Format.MARKDOWN:
        typer.echo("\n".join(_markdown(findings)))
    else:
        typer.echo(_verdict(findings))
    if any(finding.state is State.FAILED for finding in findings):
        raise typer.Exit(1)


def _line(finding: Finding) -> str:
    state = typer.style(f"{finding.state:<9}", fg=_COLOURS[finding.state])
    return f"{state}{finding.check:<18}{finding.sentence}"


def _markdown(findings: Iterable[Finding]) -> list[str]:
    rows = [f"| {f.state} | {f.check} | {f.sentence.replace('|', '&#124;')} |" for f in findings]
    return ["| State | Check | Found |", "|---|---|---|", *rows]


def _verdict(findings: Iterable[Finding]) -> str:
    counts = Counter(finding.state for finding in findings)
    if counts[State.FAILED]:
        return f"{counts[State.FAILED]} of {counts.total()} checks failed: a run would, too."
    if counts[State.WARNING]:
        return f"A run can start; {counts[State.WARNING]} of {counts.total()} checks warn."
    return f"A run can start: all {counts.total()} checks are well."
