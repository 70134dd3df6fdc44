"""Tables and goals of the section dense."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from clustrace.bench.circumstances import has_amx
from clustrace.bench.losses import EQUAL, agreement
from clustrace.bench.peer import VERSION
from clustrace.bench.results import Column, Goal, Spread, Table, Value
from clustrace.bench.timing import Timed, paired_ratio
from clustrace.bench.workload import UPDATE_INTERVAL, Precision, Task

PEER = f"ClustPy {VERSION}"
PAPER = "paper"
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")

_BF16_FACTOR = 2.0


@dataclass(frozen=True)
class Comparison:
    """All turns of one task with one number of threads, by variant."""

    task: Task
    threads: int
    initial_loss: float
    turns: Mapping[str, Sequence[Timed]]

    def losses(self, variant: str) -> list[float]:
        """Final loss of each turn; NaN where it was not asked for."""
        return [math.nan if turn.loss is None else turn.loss for turn in self.turns[variant]]

    def verdict(self, precision: Precision) -> str:
        """Whether our final loss equals the peer's in every turn."""
        pairs = zip(self.losses(precision), self.losses(PEER), strict=True)
        verdicts = [agreement(ours, theirs, self.initial_loss, precision) for ours, theirs in pairs]
        return next((verdict for verdict in verdicts if verdict != EQUAL), EQUAL)

    def speed_up(self, variant: str) -> Spread:
        """How many times faster an epoch is than the peer's, with the loader that it ships."""
        return paired_ratio(
            [timed.total for timed in self.turns[PEER]],
            [timed.total for timed in self.turns[variant]],
        )


def time_table(comparisons: Sequence[Comparison]) -> Table:
    """Seconds of the same training here and there."""
    rows: list[dict[str, Value]] = []
    for one in comparisons:
        peer = one.turns[PEER]
        for precision in PRECISIONS:
            ours = one.turns[precision]
            rows.append(
                {
                    "training": one.task.title,
                    "threads": one.threads,
                    "precision": precision,
                    "step": Spread.of([1e3 * timed.step for timed in ours]),
                    "peer-step": Spread.of([1e3 * timed.step for timed in peer]),
                    "peer-wait": Spread.of([1e3 * timed.wait for timed in peer]),
                    "epoch": Spread.of([timed.total for timed in ours]),
                    "peer-epoch": Spread.of([timed.total for timed in peer]),
                    "step-ratio": paired_ratio([t.step for t in peer], [t.step for t in ours]),
                    "epoch-ratio": one.speed_up(precision),
                    "loss": one.verdict(precision),
                }
            )
    return Table(
        title=f"The same training here and in {PEER} (float32)",
        columns=(
            Column(key="training", title="training"),
            Column(key="threads", title="threads", decimals=0),
            Column(key="precision", title="precision, ours"),
            Column(key="step", title="step, ours", unit="ms"),
            Column(key="peer-step", title="step, ClustPy", unit="ms"),
            Column(key="peer-wait", title="wait for a batch, ClustPy", unit="ms"),
            Column(key="epoch", title="epoch, ours", unit="s", decimals=2),
            Column(key="peer-epoch", title="epoch, ClustPy", unit="s", decimals=2),
            Column(key="step-ratio", title="times faster, step", decimals=2),
            Column(key="epoch-ratio", title="times faster, epoch", decimals=2),
            Column(key="loss", title="final losses"),
        ),
        rows=tuple(rows),
    )


def loss_table(comparisons: Sequence[Comparison]) -> Table:
    """Final losses of the same training here and there, as of the last turn."""
    rows: list[dict[str, Value]] = [
        {
            "training": one.task.title,
            "threads": one.threads,
            "precision": precision,
            "initial": one.initial_loss,
            "ours": one.losses(precision)[-1],
            "peer": one.losses(PEER)[-1],
            "verdict": one.verdict(precision),
        }
        for one in comparisons
        for precision in PRECISIONS
    ]
    return Table(
        title="Final losses over all whole batches",
        columns=(
            Column(key="training", title="training"),
            Column(key="threads", title="threads", decimals=0),
            Column(key="precision", title="precision, ours"),
            Column(key="initial", title="before", decimals=6),
            Column(key="ours", title="ours", decimals=6),
            Column(key="peer", title=PEER, decimals=6),
            Column(key="verdict", title="verdict"),
        ),
        rows=tuple(rows),
    )


def paper_table(comparisons: Sequence[Comparison]) -> Table:
    """What DEC and IDEC take as the papers have them; the final losses then differ by design."""
    rows: list[dict[str, Value]] = []
    for one in comparisons:
        if not one.task.clustering:
            continue
        ours = one.turns[PAPER]
        epochs = [_paper_epoch(timed) for timed in ours]
        rows.append(
            {
                "training": one.task.title,
                "threads": one.threads,
                "step": Spread.of([1e3 * timed.step for timed in ours]),
                "update": Spread.of([1e3 * median(timed.updates) for timed in ours]),
                "epoch": Spread.of(epochs),
                "ratio": paired_ratio([timed.total for timed in one.turns[PEER]], epochs),
            }
        )
    return Table(
        title="As in the papers: target distribution of all samples, float32",
        columns=(
            Column(key="training", title="training"),
            Column(key="threads", title="threads", decimals=0),
            Column(key="step", title="step", unit="ms"),
            Column(key="update", title="update of the target distribution", unit="ms"),
            Column(key="epoch", title="epoch with its share of the updates", unit="s", decimals=2),
            Column(key="ratio", title=f"times faster than {PEER}, epoch", decimals=2),
        ),
        rows=tuple(rows),
    )


def _paper_epoch(timed: Timed) -> float:
    return timed.total + median(timed.updates) * len(timed.steps) / UPDATE_INTERVAL


def float32_goal(comparisons: Sequence[Comparison]) -> Goal:
    """Whether an epoch in float32 is as fast as the peer's."""
    text = f"Dense nets in float32 are never slower than {PEER}, at equal final loss"
    return epoch_goal(text, comparisons, "float32", at_least=1.0)


def bfloat16_goal(comparisons: Sequence[Comparison]) -> Goal:
    """Whether an epoch in bfloat16 is as much faster as was set out for AMX."""
    text = f"Dense nets in bfloat16 on AMX are {_BF16_FACTOR:g} times as fast as {PEER}"
    if has_amx():
        return epoch_goal(text, comparisons, "bfloat16", at_least=_BF16_FACTOR)
    return Goal(text=text, verdict="not shown", detail="This processor has no AMX.")


def epoch_goal(
    text: str, comparisons: Sequence[Comparison], precision: Precision, *, at_least: float
) -> Goal:
    """Whether each epoch is so many times as fast as the peer's, at equal final losses."""
    unequal = [one for one in comparisons if one.verdict(precision) != EQUAL]
    if unequal:
        names = ", ".join(dict.fromkeys(one.task.title for one in unequal))
        return Goal(text=text, verdict="not shown", detail=f"The final losses of {names} differ.")
    slowest = min(comparisons, key=lambda one: one.speed_up(precision).median)
    reached = slowest.speed_up(precision).median
    return Goal(
        text=text,
        verdict="met" if reached >= at_least else "missed",
        detail=f"At least {reached:.2f} times as fast an epoch ({slowest.task.title}, "
        f"threads: {slowest.threads}).",
    )
