"""How a run looks while it runs: live on a terminal, in plain lines anywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from clustrace.cli.snakemake_log import SnakemakeLog
from clustrace.provenance.heartbeat import Beat, sentence

_FAILURES_SHOWN = 5
_SECONDS_BETWEEN_COUNTS = 10.0
_SECONDS_BETWEEN_TRAININGS = 30.0


class Display(Protocol):
    """Shows a run; to be entered before it starts and left when it has ended."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """End."""

    def update(self, log: SnakemakeLog, beats: Sequence[Beat]) -> None:
        """Show how far the run is."""

    def note(self, event: str) -> None:
        """Tell that a job failed, or is tried again."""

    def say(self, line: str) -> None:
        """Show a sentence that stays."""


def display_for(console: Console) -> Display:
    """The live display if the console can show one."""
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveDisplay(console)
    return PlainDisplay(console)


class LiveDisplay:
    """A bar over all jobs, a line for each job under way, the last failures."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("jobs"),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._bar.add_task("planning", total=None)
        self._live = Live(self._bar, console=console, refresh_per_second=2, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def update(self, log: SnakemakeLog, beats: Sequence[Beat]) -> None:
        """Draw anew."""
        self._bar.update(
            self._task,
            description="running" if log.total else "planning",
            completed=log.done,
            total=log.total or None,
        )
        parts: list[RenderableType] = [self._bar]
        if lines := job_lines(log, beats):
            parts.append(self._table(lines))
        for failure in list(log.failures.values())[-_FAILURES_SHOWN:]:
            parts.append(Text(f"failed: {failure.sentence}", style="red", overflow="fold"))
        self._live.update(Group(*parts))

    def _table(self, lines: Sequence[tuple[str, ...]]) -> Table:
        table = Table.grid(padding=(0, 2))
        room = max(3, self._console.height - _FAILURES_SHOWN - 4)
        for line in lines[:room]:
            table.add_row(*(Text(part) for part in line))
        if len(lines) > room:
            table.add_row(Text(f"... and {len(lines) - room} more", style="dim"))
        return table

    def note(self, event: str) -> None:
        """Nothing: the display shows failures as long as no retry has mended them."""

    def say(self, line: str) -> None:
        """Show a sentence above the display."""
        say(self._console, line)


def job_lines(log: SnakemakeLog, beats: Sequence[Beat]) -> list[tuple[str, ...]]:
    """Jobs under way: job, phase, epoch, loss; jobs that give no sign of life are only named."""
    silent = [job for job in log.running.values() if not any(job.is_of(beat) for beat in beats)]
    return sorted([*map(_training, beats), *((job.name,) for job in silent)])


def _training(beat: Beat) -> tuple[str, ...]:
    if not beat.steps:
        return (beat.job,)
    loss = "" if beat.loss is None else f"loss {beat.loss:.4g}"
    return beat.job, beat.phase, f"epoch {beat.epoch} of {beat.epochs}", loss


class PlainDisplay:
    """Lines for files and for terminals that cannot move the cursor.

    Args:
        console: where to write.
        clock: seconds that only ever grow.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._counts = (0, 0)
        self._counted = -_SECONDS_BETWEEN_COUNTS
        self._trainings = clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, log: SnakemakeLog, beats: Sequence[Beat]) -> None:
        """Write what is new, if the last time is long enough ago."""
        now, counts = self._clock(), (log.done, log.total)
        if counts != self._counts and now - self._counted >= _SECONDS_BETWEEN_COUNTS:
            self.say(f"{log.done} of {log.total} jobs done")
            self._counts, self._counted = counts, now
        if now - self._trainings >= _SECONDS_BETWEEN_TRAININGS:
            for beat in beats:
                if beat.steps:
                    self.say(f"  {sentence(beat)}")
            self._trainings = now

    def note(self, event: str) -> None:
        """Write it at once."""
        self.say(event)

    def say(self, line: str) -> None:
        """Write a line."""
        say(self._console, line)


def say(console: Console, line: str) -> None:
    """Write a sentence as it is, whatever brackets it has; in files, on one line."""
    console.print(line, markup=False, highlight=False, soft_wrap=not console.is_terminal)
