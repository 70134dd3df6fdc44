"""Check on what figures draw: is it what the runs, the labels and the cells hold?"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from clustrace.audit.case import Case
from clustrace.audit.checks.drawn_arrays import Content, curve, panel, score_curve, sizes, swept
from clustrace.audit.checks.drawn_networks import of_network
from clustrace.audit.checks.records import short
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.tree import TreeError
from clustrace.config.figures import ClassSizes, EmbeddingMap, Figure, ScoreCurves, Sweep

_CURVE = re.compile(r"(loss|label-change)((?:-(?:layer|candidate|stage)-\w+)*)")


class ArraysRecomputed(Check):
    """CELL-011."""

    id = "CELL-011"
    title = "What figures draw is what embeddings, histories, labels, scores and cells hold"
    level = Level.PREDICTIONS
    why = "A figure convinces more than a number, and is checked less."
    mend = "Delete the ledger and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Make and hash the arrays of every panel, curve and line anew."""
        for line in case.lines("array"):
            figure = _declared(case, line)
            try:
                contents = list(_contents(case, figure, line))
            except (TreeError, ValueError) as error:
                yield failed(line.address, error, "what its figure draws")
                continue
            yield _observed(figure, line, contents)


def _observed(figure: Figure | None, line: LedgerLine, contents: list[Content]) -> Observation:
    if not line.content_sha256:
        if contents and isinstance(figure, ClassSizes | Sweep):
            return failed(line.address, "nothing drawn", "what there is to draw")
        if line.reason:
            return passed(line.address)
        return failed(line.address, "neither an array nor a reason", "one of them")
    hashes = {_sha256(content): _points(content) for content in contents}
    if not hashes:
        return skipped(line.address, "nothing here tells how this array was made")
    if line.content_sha256 not in hashes:
        return failed(line.address, short(line.content_sha256), short(next(iter(hashes))))
    if hashes[line.content_sha256] != line.n:
        return failed(line.address, f"n {line.n}", hashes[line.content_sha256])
    return passed(line.address)


def _declared(case: Case, line: LedgerLine) -> Figure | None:
    """The figure that a row belongs to, as config/ declares it; None if it does not."""
    paper = case.experiment.papers.get(line.paper) if case.experiment else None
    figures = paper.figures if paper else []
    return next((figure for figure in figures if figure.slug == line.table), None)


def _contents(case: Case, figure: Figure | None, line: LedgerLine) -> Iterator[Content]:
    """What there is of this kind: one array, or the panel of each embedding of a run.

    Raises:
        TreeError: a file cannot be read, or does not fit the others.
        ValueError: a history is none.
    """
    if isinstance(figure, ClassSizes):
        yield from sizes(case, line)
        return
    if isinstance(figure, Sweep):
        yield from swept(case, figure, line)
        return
    if not line.content_sha256:
        return
    if isinstance(figure, ScoreCurves):
        yield from score_curve(case, line)
        return
    match = _CURVE.fullmatch(line.metric)
    for run in line.runs:
        if line.metric in ("filters", "activations"):
            yield from of_network(case, line, run)
            continue
        if match is not None:
            column = match[1].replace("-", "_")
            yield curve(case.tree.text(f"{run}/history.csv"), column, match[2])
            continue
        stem = f"{run}/embedding-"
        if isinstance(figure, EmbeddingMap):
            stem += f"{figure.samples}."
        for path in case.tree.beside(run):
            if line.metric in ("tsne", "plane") and path.startswith(stem):
                declared = figure if isinstance(figure, EmbeddingMap) else None
                yield panel(case, line, run, path, declared)


def _points(content: Content) -> int:
    return len(next(iter(content.values())))


def _sha256(content: Content) -> str:
    """Sha256 of names, types and shapes as JSON, followed by the arrays in the order of names."""
    names = sorted(content)
    header = {name: [content[name].dtype.str, list(content[name].shape)] for name in names}
    digest = hashlib.sha256(json.dumps(header, separators=(",", ":")).encode())
    for name in names:
        digest.update(content[name].tobytes())
    return digest.hexdigest()
