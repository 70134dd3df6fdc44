"""The figures of a paper: what the ledger names, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import assert_never

from clustrace.config.figures import (
    Activations,
    ClassSizes,
    EmbeddingMap,
    Figure,
    Filters,
    LearningCurves,
    OfOneDataSet,
    ScoreCurves,
    Sweep,
)
from clustrace.config.papers import Paper
from clustrace.config.plan import FIGURE_FORMS, Plan
from clustrace.errors import StorageError
from clustrace.provenance.ledger import LedgerRow, read_ledger
from clustrace.report.class_sizes import write_class_sizes
from clustrace.report.curves import write_curves
from clustrace.report.drawn import Parts, parts_of, rows_of_figure
from clustrace.report.embedding_map import write_embedding_map
from clustrace.report.networks import write_activations, write_filters
from clustrace.report.score_curves import write_score_curves
from clustrace.report.sweep import write_sweep


def write_paper_figure(plan: Plan, paper: Paper, figure: Figure) -> None:
    """Draw a figure of a paper in all forms; what is missing in it is said below it.

    Raises:
        StorageError: there is no ledger, or what would be drawn is not what it names.
    """
    experiment, protocol = plan.experiment, plan.experiment.protocol.slug
    path = experiment.layout.ledger(protocol, paper.slug)
    ledger = {row.address: row for row in read_ledger(path)}
    parts = parts_of(plan, paper, figure, ledger)
    _refuse_others(plan, paper, figure, parts, ledger, path)
    for form in FIGURE_FORMS:
        file = experiment.layout.figure(protocol, paper.slug, figure.slug, form)
        _write(plan, paper, figure, parts, file)


def _refuse_others(
    plan: Plan,
    paper: Paper,
    figure: Figure,
    parts: Parts,
    ledger: Mapping[str, LedgerRow],
    path: Path,
) -> None:
    named = [row for row in ledger.values() if (row.kind, row.table) == ("array", figure.slug)]
    there = rows_of_figure(plan, paper, figure, parts)
    contents = [{row.address: row.content_sha256 for row in rows} for rows in (there, named)]
    for address in sorted(contents[0] | contents[1]):
        if contents[0].get(address) != contents[1].get(address):
            raise StorageError(
                f"What is there to draw for {address} is not what {path} names, so that file and "
                "figure would contradict each other; write both anew with: clustrace tables"
            )


def _write(plan: Plan, paper: Paper, figure: Figure, parts: Parts, file: Path) -> None:
    stamp = plan.experiment.protocol.stamp
    shown = [part.shown for part in parts if part.shown is not None]
    match figure:
        case LearningCurves():
            title = f"{paper.title}: learning curves"
            notes = _notes(plan, parts, "history")
            write_curves(file, shown, title=title, stamp=stamp, notes=notes)
        case EmbeddingMap():
            write_embedding_map(
                file,
                shown,
                title=f"{paper.title}: embeddings",
                remarks=[_map_caption(plan, figure, parts), stamp],
                equal_axes=figure.projection == "tsne",
            )
        case ClassSizes():
            caption = f"{figure.caption} Protocol: {plan.experiment.protocol.title}."
            title = f"{paper.title}: class sizes"
            write_class_sizes(file, shown, title=title, remarks=[caption, stamp])
        case ScoreCurves():
            caption = f"{figure.caption} {_about(plan, figure, parts, 'first seed')}"
            remarks = [caption, stamp, *_notes(plan, parts, "scores over time")]
            title = f"{paper.title}: scores over the iterations"
            write_score_curves(file, shown, title=title, remarks=remarks)
        case Sweep():
            remarks = [figure.caption, stamp, *_sentences(part.in_picture for part in parts)]
            write_sweep(
                file,
                shown,
                title=f"{paper.title}: scores against {figure.axis}",
                remarks=remarks,
                axis=figure.axis,
                scale=figure.scale,
            )
        case Filters() | Activations():
            data = plan.experiment.dataset(figure.dataset).title
            facts = f"Data set: {data}, first seed; protocol: {plan.experiment.protocol.title}."
            remarks = [f"{figure.caption} {facts}", stamp]
            if isinstance(figure, Filters):
                write_filters(file, shown, title=f"{paper.title}: filters", remarks=remarks)
            else:
                remarks += _notes(plan, parts, "histogram")
                title = f"{paper.title}: hidden activities"
                write_activations(file, shown, title=title, remarks=remarks)
        case _:
            assert_never(figure)


def _sentences(texts: Iterable[str]) -> list[str]:
    return [f"{text}." for text in dict.fromkeys(texts) if text]


def _notes(plan: Plan, parts: Parts, noun: str) -> list[str]:
    """Which methods have no curve on a data set, together where the reason is the same."""
    experiment = plan.experiment
    missing: dict[tuple[str, str], dict[str, None]] = {}
    for part in parts:
        if part.in_picture:
            names = missing.setdefault((part.run.dataset, part.in_picture), {})
            names[experiment.methods[part.run.method].name] = None
    return [
        f"No {noun} of {', '.join(names)} on {experiment.dataset(dataset).title}: {reason}."
        for (dataset, reason), names in missing.items()
    ]


def _map_caption(plan: Plan, figure: EmbeddingMap, parts: Parts) -> str:
    count = max((len(part.shown.points) for part in parts), default=0)
    if not count:
        titles = [plan.experiment.dataset(slug).title for slug in figure.candidates]
        return f"{figure.caption} Nothing is computed on {' or '.join(titles)}."
    facts = f"{count} samples, first seed"
    if figure.colours == "classes":
        facts += ", coloured by true classes"
    return f"{figure.caption} {_about(plan, figure, parts, facts)}"


def _about(plan: Plan, figure: OfOneDataSet, parts: Parts, facts: str) -> str:
    """Data set, facts and protocol of a figure of one data set."""
    # The last part is that of a method; the first may show latent variables.
    dataset = parts[-1].run.dataset
    title = plan.experiment.dataset(dataset).title
    if dataset == figure.stand_in:
        wanted = plan.experiment.dataset(figure.datasets[0]).title
        title += f", in place of {wanted}, which gave no results"
    return f"Data set: {title}, {facts}; protocol: {plan.experiment.protocol.title}."
