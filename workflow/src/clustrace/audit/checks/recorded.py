"""Check on means: are they those of the scores that the runs recorded?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from clustrace.audit import numbers
from clustrace.audit.case import Case
from clustrace.audit.checks.scores import close
from clustrace.audit.ledger import LedgerLine
from clustrace.audit.model import Check, Level, Observation, failed, passed, skipped
from clustrace.audit.tree import TreeError


class MeansOfRecordedScores(Check):
    """CELL-016."""

    id = "CELL-016"
    title = "Every cell is the mean of the scores that its runs recorded, seed by seed"
    level = Level.HASHES
    why = "Whatever is measured, a cell must be made of what its runs say."
    mend = "Delete the ledger and run again."

    def examine(self, case: Case) -> Iterator[Observation]:
        """Read the scores beside each run and aggregate them anew."""
        for line in case.lines("cell"):
            place = case.places.get(line.address)
            # Seconds stand in the records of jobs, and sizes in no file; see CELL-003.
            apart = place is not None and (place.metric.is_time or place.metric.is_size)
            if line.value is None or apart:
                continue
            scores = _scores(case, line)
            if not scores:
                yield skipped(line.address, f"its runs recorded no score {_metric(case, line)!r}")
                continue
            value, seeds = numbers.mean([scores[s] for s in sorted(scores)]), tuple(sorted(scores))
            if not close(line.value, value):
                yield failed(line.address, f"value {line.value}", f"{value}")
            elif (line.n, line.seeds) != (len(seeds), seeds):
                found = f"{line.n} seeds: {' '.join(map(str, line.seeds))}"
                yield failed(line.address, found, " ".join(map(str, seeds)))
            else:
                yield passed(line.address)


def _metric(case: Case, line: LedgerLine) -> str:
    place = case.places.get(line.address)
    return place.metric.metric if place else line.metric


def _scores(case: Case, line: LedgerLine) -> Mapping[int, float]:
    """Scores of a cell's runs by seed; of two runs with a seed the first one counts."""
    found: dict[int, float] = {}
    for run in line.runs:
        for path in case.tree.beside(run):
            if path.endswith(".json"):
                for seed, value in _in_file(case, path, _metric(case, line)).items():
                    found.setdefault(seed, value)
    return found


def _in_file(case: Case, path: str, metric: str) -> Mapping[int, float]:
    """Scores in a file of the form ``{"seeds": {"<seed>": {"<metric>": <score>}}}``."""
    try:
        content = case.tree.json(path)
    except TreeError:
        return {}
    seeds = content.get("seeds") if isinstance(content, Mapping) else None
    found: dict[int, float] = {}
    for seed, scores in seeds.items() if isinstance(seeds, Mapping) else ():
        value = scores.get(metric) if isinstance(scores, Mapping) else None
        if isinstance(value, int | float) and math.isfinite(value) and str(seed).isdigit():
            found[int(seed)] = float(value)
    return found
