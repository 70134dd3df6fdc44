"""How long whole commands take, beside a limit that a user feels."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clustrace.bench.results import Goal, Spread
from clustrace.provenance.environment import describe_processor


@dataclass(frozen=True)
class Elapsed:
    """One command.

    Attributes:
        seconds: from its start to its end.
        processor: seconds that processors worked for it.
    """

    seconds: float
    processor: float


def elapsed(command: Callable[[], object]) -> Elapsed:
    """Call something that starts processes and waits for them."""
    before, began = _processor_seconds(), time.perf_counter()
    command()
    return Elapsed(time.perf_counter() - began, _processor_seconds() - before)


def goal_of(text: str, turns: Sequence[Elapsed], limit: float) -> Goal:
    """Whether a command keeps a limit in seconds.

    Nothing is shown by a command that waited for a processor rather than for its own work.

    Args:
        text: the goal without its limit.
        turns: repeats of the command.
        limit: seconds that it may take.
    """
    seconds = Spread.of([turn.seconds for turn in turns]).median
    processor = Spread.of([turn.processor for turn in turns]).median
    waited = seconds >= limit > processor and crowded()
    return Goal(
        text=f"{text} {limit:g} s",
        verdict="met" if seconds < limit else "not shown" if waited else "missed",
        detail=f"{seconds:.2f} s, of which {processor:.2f} s of a processor"
        + (", on a machine that had more to do than processors." if waited else "."),
    )


def crowded() -> bool:
    """Whether the machine has more to do than processors."""
    return os.getloadavg()[0] > describe_processor().usable_cores


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
