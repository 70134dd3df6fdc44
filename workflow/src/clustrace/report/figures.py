"""The figures of a paper: what the ledger names, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from clustrace.config.figures import EmbeddingMap, Figure, LearningCurves
from clustrace.config.papers import Paper
from clustrace.config.plan import FIGURE_FORMS, Plan
from clustrace.errors import StorageError
from clustrace.provenance.ledger import read_ledger
from clustrace.report.curves import Curve, write_curves
from clustrace.report.drawn import (
    AllDrawn,
    Drawn,
    drawn_curves,
    drawn_panels,
    rows_of_figure,
)
from clustrace.report.embedding_map import Panel, write_embedding_map


def write_paper_figure(plan: Plan, paper: Paper, figure: Figure) -> None:
    """Draw a figure of a paper in all forms; what is missing in it is said below it.

    Raises:
        StorageError: there is no ledger, or what would be drawn is not what it names.
    """
    if isinstance(figure, EmbeddingMap):
        panels = drawn_panels(plan, paper, figure)
        _refuse_others(plan, paper, figure, panels)
        _write_map(plan, paper, figure, panels)
    else:
        curves = drawn_curves(plan, paper)
        _refuse_others(plan, paper, figure, curves)
        _write_curves(plan, paper, figure, curves)


def _refuse_others(plan: Plan, paper: Paper, figure: Figure, drawn: AllDrawn) -> None:
    path = plan.experiment.layout.ledger(plan.experiment.protocol.slug, paper.slug)
    named = [row for row in read_ledger(path) if (row.kind, row.table) == ("array", figure.slug)]
    there = rows_of_figure(plan, paper, figure, drawn)
    contents = [{row.address: row.content_sha256 for row in rows} for rows in (there, named)]
    for address in sorted(contents[0] | contents[1]):
        if contents[0].get(address) != contents[1].get(address):
            raise StorageError(
                f"What is there to draw for {address} is not what {path} names, so that file and "
                "figure would contradict each other; write both anew with: clustrace tables"
            )


def _write_curves(
    plan: Plan, paper: Paper, figure: LearningCurves, drawn: Sequence[Drawn[Curve | None]]
) -> None:
    experiment = plan.experiment
    protocol = experiment.protocol
    for form in FIGURE_FORMS:
        write_curves(
            experiment.layout.figure(protocol.slug, paper.slug, figure.slug, form),
            [each.shown for each in drawn if each.shown is not None],
            title=f"{paper.title}: learning curves",
            stamp=protocol.stamp,
            notes=_notes(plan, drawn),
        )


def _notes(plan: Plan, drawn: Sequence[Drawn[Curve | None]]) -> list[str]:
    """Which trainings of a data set have no history, together where the reason is the same."""
    experiment = plan.experiment
    missing: dict[tuple[str, str], list[str]] = {}
    for each in drawn:
        if each.in_picture:
            names = missing.setdefault((each.run.dataset, each.in_picture), [])
            names.append(experiment.methods[each.run.method].name)
    return [
        f"No history of {', '.join(names)} on {experiment.dataset(dataset).title}: {reason}."
        for (dataset, reason), names in missing.items()
    ]


def _write_map(
    plan: Plan, paper: Paper, figure: EmbeddingMap, drawn: Sequence[Drawn[Panel]]
) -> None:
    experiment = plan.experiment
    protocol = experiment.protocol
    shown = max((len(each.shown.points) for each in drawn), default=0)
    if shown:
        dataset = experiment.dataset(drawn[0].run.dataset).title
        caption = (
            f"{figure.caption} Data set: {dataset}, {shown} samples, first seed; "
            f"protocol: {protocol.title}."
        )
    else:
        wanted = " or ".join(experiment.dataset(slug).title for slug in figure.datasets)
        caption = f"{figure.caption} Nothing is computed on {wanted}."
    for form in FIGURE_FORMS:
        write_embedding_map(
            experiment.layout.figure(protocol.slug, paper.slug, figure.slug, form),
            [each.shown for each in drawn],
            title=f"{paper.title}: embeddings",
            remarks=[caption, protocol.stamp],
        )
