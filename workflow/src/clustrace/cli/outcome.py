"""How a run ended, for people."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from clustrace.cli.progress import say
from clustrace.cli.snakemake_log import SnakemakeLog
from clustrace.cli.summary import print_summary
from clustrace.slurm.accidents import accidents_of, sentences


@dataclass(frozen=True)
class End:
    """Facts about a run that has ended; each ``tell_…`` says them and returns an exit status.

    Attributes:
        status: exit status of Snakemake; negative if a signal ended it.
        log: what Snakemake said.
        log_file: where it stands.
        summary: path of the summary.
        started: when the run started, in seconds since 1970.
        dry_run: nothing was to be computed.
        site: first page of the results site, which the Snakefile builds at the end.
    """

    status: int
    log: SnakemakeLog
    log_file: Path
    summary: Path
    started: float
    dry_run: bool = False
    site: Path | None = None

    def tell_success(self, console: Console) -> int:
        """Print the summary, or what a real run would do."""
        if self.dry_run and not self.log.nothing_to_do:
            for rule, count in self.log.counts.items():
                say(console, f"{count:8} {rule}")
            say(console, f"{self.log.total:8} jobs would run; {self.log_file} lists them.")
            return 0
        if not self.dry_run and self.summary.exists():
            print_summary(self.summary)
        if not self.dry_run:
            self._tell_site(console)
        self._tell_accidents(console)
        if self.log.nothing_to_do:
            say(console, "Nothing to do, everything is up to date.")
        else:
            say(console, f"{self._counts} in {self._elapsed}.")
        return 0

    def tell_failed(self, console: Console) -> int:
        """Print what the tables say without the failed jobs, then which these are and why."""
        failures = list(self.log.failures.values())
        if self.status < 0 or not failures:
            say(console, f"Error: {self._problem}\nAll it wrote stands in {self.log_file}.")
            return 1
        if self._tables_built:
            print_summary(self.summary)
            self._tell_site(console)
        for failure in failures:
            say(console, f"failed: {failure.job.name}\n    {failure.reason}")
            if failure.log:
                say(console, f"    log: {failure.log}")
        self._tell_accidents(console)
        waiting = self.log.total - self.log.done - len(failures)
        say(
            console,
            f"{self._counts} in {self._elapsed}, {len(failures)} failed, {waiting} not started "
            "because of that.",
        )
        say(
            console,
            "The tables were built from what exists; cells without a number say why."
            if self._tables_built
            else f"The tables could not be built from what exists; {self.log_file} says why.",
        )
        return 1

    def tell_stopped(self, console: Console, signal: int) -> int:
        """Say what is kept and how to go on."""
        say(
            console,
            f"Stopped; {self._counts}. Finished work and the checkpoints of running trainings are "
            "kept: the same command goes on from there.",
        )
        return 128 + signal

    def _tell_site(self, console: Console) -> None:
        if self.site is not None and self.site.exists():
            say(console, f"To look at, and to click: {self.site}")

    def _tell_accidents(self, console: Console) -> None:
        for line in sentences(accidents_of(self.log_file)):
            say(console, line)

    @property
    def _problem(self) -> str:
        if self.status < 0:
            return (
                f"Snakemake was ended by signal {-self.status}, by hand or for want of memory; "
                "finished work is kept, call the same command again."
            )
        return self.log.problem or f"Snakemake ended with status {self.status}, not saying why."

    @property
    def _tables_built(self) -> bool:
        """Whether the Snakefile's onerror has built the tables, of which the summary is last.

        Where onerror fails, its error takes the place of Snakemake's closing sentence.
        """
        written = self.summary.exists() and self.summary.stat().st_mtime >= self.started
        return written and self.log.problem.startswith("At least one job did not complete")

    @property
    def _counts(self) -> str:
        return f"{self.log.done} of {self.log.total} jobs done"

    @property
    def _elapsed(self) -> timedelta:
        return timedelta(seconds=round(time.time() - self.started))
