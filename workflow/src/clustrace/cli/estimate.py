"""``clustrace estimate``: what a run will take before it starts."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from clustrace.cli.console import indented, show
from clustrace.cli.options import Config, experiment_of, repository
from clustrace.estimate.totals import Part, PlanEstimate

app = typer.Typer()

_SOURCES = {
    "records": "records of the same jobs",
    "scaled": "records of similar jobs, scaled by iterations × operations",
    "counted": "operations of the networks and the rate of the machine",
    "assumed": "an hour for want of anything better",
}
_COLUMNS = ("jobs", "CPU hours", "GPU hours", "largest job", "disk", "from")


class Format(StrEnum):
    """Forms of the answer."""

    COLUMNS = "columns"
    JSON = "json"
    MARKDOWN = "markdown"


@app.command()
def estimate(
    config: Config = None,
    profile: Annotated[
        str | None, typer.Option(help="Snakemake profile, such as slurm for a cluster.")
    ] = None,
    cores: Annotated[
        int | None,
        typer.Option(min=1, help="Cores, or with a profile jobs at a time; else what is there."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Count jobs that are done as well.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.COLUMNS,
) -> None:
    """Tell hours, memory and disk of a run before it starts, for each paper and table.

    Figures come from records of earlier jobs where there are any, else from the operations that
    the networks need. A training that may stop early is counted to its end unless it was recorded.
    """
    found = _estimate(list(config or ()), profile, cores, everything)
    if form is Format.JSON:
        typer.echo(found.model_dump_json(indent=2))
    elif form is Format.MARKDOWN:
        typer.echo("\n".join(_markdown(found)))
    else:
        show(_screen(found))


def _estimate(
    pairs: list[str], name: str | None, cores: int | None, everything: bool
) -> PlanEstimate:
    from clustrace.cli.dry_run import jobs_to_do
    from clustrace.config.plan import Plan
    from clustrace.estimate.estimates import Estimator
    from clustrace.estimate.rates import machine_here
    from clustrace.estimate.totals import estimate_plan
    from clustrace.preflight.profile import Profile

    profile = Profile.load(name, repository()) if name else None
    pairs = [*(profile.pairs if profile else ()), *pairs]
    on_cluster = profile is not None and profile.executor != "local"
    plan = Plan(experiment_of(pairs))
    _ = plan.runs
    capacity = cores or (profile.jobs if profile else None) or len(os.sched_getaffinity(0))
    todo = None if everything else jobs_to_do(repository(), pairs)
    estimator = Estimator(plan, machine_here(plan.experiment.root))
    return estimate_plan(estimator, todo, capacity, on_cluster=on_cluster)


def _screen(found: PlanEstimate) -> RenderableType:
    parts: list[RenderableType] = [Text(_head(found), style="bold")]
    if found.total.jobs:
        parts += ["", indented(_table(found)), ""]
        parts += [Text(sentence) for sentence in _sentences(found)]
    return Group(*parts)


def _head(found: PlanEstimate) -> str:
    if not found.total.jobs:
        return f"Protocol {found.protocol}: nothing is to do; --all estimates everything."
    what = "the whole plan" if found.whole else "what is to do"
    count = found.total.jobs
    return (
        f"Protocol {found.protocol}, {what}: {count:,} job{'s' if count > 1 else ''}, about "
        f"{_hours(found.wall_hours)} on {_capacity(found)}"
    )


def _capacity(found: PlanEstimate) -> str:
    if found.on_cluster:
        return f"a cluster with {found.capacity} jobs at a time, without waiting for nodes"
    return f"{found.capacity} core{'s' if found.capacity > 1 else ''}"


def _parts(found: PlanEstimate) -> list[tuple[str, Part]]:
    rows = [(f"rule {each.name}", each) for each in found.rules if each.jobs]
    rows += [(f"table {each.name}", each) for each in found.tables if each.jobs]
    rows += [(f"paper {each.name}", each) for each in found.papers if each.jobs]
    return [*rows, ("all, each job once", found.total)]


def _cells(part: Part) -> tuple[str, ...]:
    shown = {name: f"{share:.0%}" for name, share in part.sources.items()}
    sources = ", ".join(f"{name} {share}" for name, share in shown.items() if share != "0%")
    return (
        f"{part.jobs:,}",
        f"{part.cpu_hours:.2f}",
        f"{part.gpu_hours:.2f}",
        f"{part.peak_memory_mib:,.0f} MiB",
        _size(part.bytes),
        sources,
    )


def _table(found: PlanEstimate) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("")
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name == "from" else "right", no_wrap=True)
    for name, part in _parts(found):
        table.add_row(name, *_cells(part))
    return table


def _markdown(found: PlanEstimate) -> list[str]:
    lines = [f"# {_head(found)}", ""]
    if not found.total.jobs:
        return lines[:1]
    lines += [f"| | {' | '.join(_COLUMNS)} |", f"|---|{'---:|' * (len(_COLUMNS) - 1)}---|"]
    lines += [f"| {name} | {' | '.join(_cells(part))} |" for name, part in _parts(found)]
    return [*lines, "", *(f"- {sentence}" for sentence in _sentences(found))]


def _sentences(found: PlanEstimate) -> list[str]:
    sentences = []
    if found.shared_jobs:
        sentences.append(
            f"{found.shared_jobs} jobs stand behind several tables: they count in each, and once "
            "in all."
        )
    if not found.on_cluster:
        memory = f"{found.memory_at_a_time_mib:,.0f} MiB"
        sentences.append(f"Jobs that run side by side take up to {memory} of memory together.")
    sources = "; ".join(f"{name}: {_SOURCES[name]}" for name in found.total.sources)
    sentences.append(f"CPU hours are core hours of jobs without a GPU. {sources}.")
    sentences.append(f"Rates of the CPU are from {found.machine}; of GPUs, assumed.")
    return sentences


def _hours(hours: float) -> str:
    return f"{hours * 60:.0f} min" if hours < 1 else f"{hours:.1f} h"


def _size(size: int) -> str:
    megabytes = size / 1e6
    return f"{megabytes:,.0f} MB" if megabytes < 10_000 else f"{megabytes / 1000:,.1f} GB"
