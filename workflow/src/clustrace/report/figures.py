"""The figures of a paper, drawn from the histories and embeddings that exist."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from clustrace.config.experiment import Experiment
from clustrace.config.figures import EmbeddingMap, Figure, LearningCurves
from clustrace.config.papers import Paper
from clustrace.config.plan import FIGURE_FORMS, Plan
from clustrace.data.artefact import read_artefact
from clustrace.errors import NotApplicableError, StorageError
from clustrace.evaluate.projection import tsne
from clustrace.report.curves import Curve, write_curves
from clustrace.report.embedding_map import Panel, write_embedding_map


def write_paper_figure(plan: Plan, paper: Paper, figure: Figure) -> None:
    """Draw a figure of a paper in all forms; what is missing in it is said below it."""
    if isinstance(figure, EmbeddingMap):
        _write_map(plan, paper, figure)
    else:
        _write_curves(plan, paper, figure)


def _write_curves(plan: Plan, paper: Paper, figure: LearningCurves) -> None:
    experiment = plan.experiment
    protocol = experiment.protocol
    curves, notes = [], []
    for path in plan.histories_of(paper):
        found = list(_curves(experiment, path))
        curves += found
        if not found:
            dataset, method = path.parts[-4:-2]
            notes.append(f"No history of {method} on {dataset}.")
    for form in FIGURE_FORMS:
        write_curves(
            experiment.layout.figure(protocol.slug, paper.slug, figure.slug, form),
            curves,
            title=f"{paper.title}: learning curves",
            stamp=protocol.stamp,
            notes=notes,
        )


def _write_map(plan: Plan, paper: Paper, figure: EmbeddingMap) -> None:
    experiment = plan.experiment
    protocol, dataset = experiment.protocol, plan.map_dataset(paper, figure)
    paths = plan.embeddings_of(paper, figure)
    panels = [_panel(experiment.methods[slug].name, paths.get(slug)) for slug in figure.methods]
    if dataset is None:
        wanted = " or ".join(experiment.dataset(slug).title for slug in figure.datasets)
        caption = f"{figure.caption} Nothing is run on {wanted} in this configuration."
    else:
        shown = max((len(panel.points) for panel in panels), default=0)
        caption = (
            f"{figure.caption} Data set: {experiment.dataset(dataset).title}"
            f"{f', {shown} samples' if shown else ''}, first seed; protocol: {protocol.title}."
        )
    for form in FIGURE_FORMS:
        write_embedding_map(
            experiment.layout.figure(protocol.slug, paper.slug, figure.slug, form),
            panels,
            title=f"{paper.title}: embeddings",
            remarks=[caption, protocol.stamp],
        )


def _panel(name: str, path: Path | None) -> Panel:
    """The map of one method, or why there is none."""
    if path is None:
        return Panel(name, reason="not run in this configuration")
    if not path.exists():
        return Panel(name, reason="not computed yet")
    try:
        found = read_artefact(path)
        if not found.outcome.ok:
            return Panel(name, reason=found.outcome.reason)
        return Panel(name, tsne(found.arrays["embedding"]), found.arrays["clusters"])
    except (StorageError, NotApplicableError, KeyError) as error:
        return Panel(name, reason=str(error))


def _curves(experiment: Experiment, path: Path) -> Iterator[Curve]:
    """Losses, and the share of changed labels, of the first seed of a history."""
    dataset, method = path.parts[-4:-2]
    declared = experiment.methods[method]
    rows = _history(path)
    first = [row for row in rows if row["seed"] == rows[0]["seed"]]
    common: dict[str, Any] = {
        "method": method,
        "dataset": experiment.dataset(dataset).title,
        "seed": int(first[0]["seed"]) if first else 0,
    }
    for phase in dict.fromkeys(row.get("phase", "") for row in first):
        part = [row for row in first if row.get("phase", "") == phase]
        layer = f", layer {phase}" if phase not in ("", "0") else ""
        for name, quantity in (("loss", "loss"), ("label_change", "share")):
            if any(row.get(name) for row in part):
                yield Curve(
                    label=f"{declared.name}{layer}",
                    stage=declared.stage,
                    iterations=[float(row["iteration"]) for row in part],
                    series={name: [float(row.get(name) or math.nan) for row in part]},
                    quantity=quantity,  # type: ignore[arg-type]
                    **common,
                )


def _history(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
