"""What figures draw of networks: filters of the first layer, histograms of hidden activities."""

from __future__ import annotations

from clustrace.config.drawn import network_runs
from clustrace.config.figure_checks import filter_shape
from clustrace.config.figures import Filters, OfNetworks
from clustrace.config.papers import Paper
from clustrace.config.plan import Plan, Run
from clustrace.data.artefact import read_artefact
from clustrace.errors import StorageError
from clustrace.report.disk import network_files
from clustrace.report.networks import Shown
from clustrace.report.part import ABSENT, Part
from clustrace.report.scores import NOT_RUN, why_missing

NetworkPart = Part[Shown]


def drawn_networks(plan: Plan, paper: Paper, figure: OfNetworks) -> list[NetworkPart]:
    """One part for each method of the figure, there or not."""
    planned = network_runs(plan, figure) if paper in plan.papers else ()
    return [_part(plan, figure, Run(figure.dataset, m), planned) for m in figure.methods]


def _part(plan: Plan, figure: OfNetworks, run: Run, planned: tuple[Run, ...]) -> NetworkPart:
    name = plan.experiment.methods[run.method].name
    array = figure.kind
    names = ("filters", "coherence") if isinstance(figure, Filters) else ("edges", "counts")

    def without(reason: str, in_picture: str) -> NetworkPart:
        shown = Shown(name, reason=in_picture)
        return Part(run.method, run.dataset, array, shown, reason=reason, in_picture=in_picture)

    paths = network_files(plan, figure, run)
    if not paths:
        if run not in planned:
            return without(NOT_RUN, ABSENT)
        return without(why_missing(plan.experiment, run, plan.experiment.blocks[0]), ABSENT)
    try:
        found = read_artefact(paths[0])
        if not found.outcome.ok:
            return without(found.outcome.reason, found.outcome.reason)
        content = {each: found.arrays[each] for each in names}
    except (StorageError, KeyError) as error:
        reason = f"{paths[0]} cannot be drawn ({error}); delete it and run again"
        return without(reason, reason)
    drawn = content
    if isinstance(figure, Filters):
        shape = filter_shape(figure, plan.experiment.registry)
        drawn = {**content, "filters": content["filters"].reshape(-1, *shape)}
    return Part(
        run.method,
        run.dataset,
        array,
        Shown(name, drawn),
        content,
        (paths[0].parent.as_posix(),),
        (int(found.about["seed"]),),
    )
