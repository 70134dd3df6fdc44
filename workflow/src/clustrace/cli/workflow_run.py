"""A run of the workflow: Snakemake under supervision, its progress shown, its end explained."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from clustrace.cli.beats import running_beats
from clustrace.cli.locks import reason_to_wait
from clustrace.cli.outcome import End
from clustrace.cli.progress import Display, display_for
from clustrace.cli.snakemake_log import SnakemakeLog
from clustrace.cli.supervise import Stop, Supervisor, snakemake_command, stop_signals
from clustrace.config.plan import Plan
from clustrace.errors import ClustraceError, ConfigError
from clustrace.preflight.profile import Profile
from clustrace.provenance.heartbeat import Beat
from clustrace.report.site.places import site_folder
from clustrace.slurm.orphans import cancel_orphans, cancelled, orphans

_SECONDS_BETWEEN_BEATS = 1.0


@dataclass(frozen=True)
class RunOptions:
    """How to run the workflow.

    Attributes:
        pairs: ``key=value`` settings as given.
        cores: number of processor cores, or ``all``; None: all, or what the profile says.
        profile: Snakemake profile, such as ``slurm``.
        dry_run: only tell what would run.
        extra: further arguments of Snakemake.
    """

    pairs: tuple[str, ...] = ()
    cores: str | None = None
    profile: str | None = None
    dry_run: bool = False
    extra: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what Snakemake would answer with a page of usage.

        Raises:
            ConfigError: a value is not usable.
        """
        if self.cores is not None and not re.fullmatch(r"all|[1-9]\d*", self.cores):
            raise ConfigError(f"--cores {self.cores}: give a number of processor cores, or all.")
        if given := {"--config", "-C"} & set(self.extra):
            raise ConfigError(f"{given.pop()} after `--`: give settings before it.")

    @property
    def arguments(self) -> list[str]:
        """Arguments of Snakemake."""
        cores = self.cores or (None if self.profile else "all")
        return [
            *(("--cores", cores) if cores else ()),
            *(("--profile", self.profile) if self.profile else ()),
            *self.settings,
            *(("--dry-run",) if self.dry_run else ()),
            "--keep-going",
            "--rerun-incomplete",
            # A profile says itself what is worth trying again.
            *(() if self.profile else ("--retries", "1")),
            *self.extra,
        ]

    @property
    def settings(self) -> tuple[str, ...]:
        """Arguments of Snakemake that say what to run; others must follow, it takes all pairs."""
        return ("--config", *self.pairs) if self.pairs else ()


def run_workflow(plan: Plan, options: RunOptions, console: Console) -> int:
    """Run the workflow, show it, and say how it ended.

    Returns:
        Exit status: 0, 1, or 128 and the number of the signal that stopped it.

    Raises:
        ClustraceError: another run is active in this folder.
    """
    layout = plan.experiment.layout
    name = f"snakemake-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}.log"
    log_file = layout.root / "results" / "logs" / name
    heartbeats = layout.heartbeats(plan.experiment.protocol.slug)
    started = time.time()
    with stop_signals() as stop, display_for(console) as display:
        display.say(f"Snakemake writes to {log_file}")
        if warning := _results_of_elsewhere(plan):
            display.say(warning)
        supervisor = Supervisor(layout.root, log_file, stop)
        watch = _Watch(display, stop, heartbeats, remote=options.profile is not None)
        status, log = _snakemake(options.arguments, supervisor, watch)
        if log.locked and stop.signal is None:
            _unlock(options, supervisor, watch)
            status, log = _snakemake(options.arguments, supervisor, watch)
    summary = layout.summary(plan.experiment.protocol.slug)
    site = site_folder(layout, plan.experiment.protocol.slug) / "index.html"
    end = End(status, log, log_file, summary, started, options.dry_run, site)
    if stop.signal is not None and status != 0:
        return end.tell_stopped(console, stop.signal)
    return end.tell_failed(console) if status else end.tell_success(console)


def _results_of_elsewhere(plan: Plan) -> str | None:
    """Warning about results that came with git, of which Snakemake has no notes."""
    layout, protocol = plan.experiment.layout, plan.experiment.protocol.slug
    came = (layout.protocol(protocol) / "provenance").is_dir()
    if not came or (layout.root / ".snakemake" / "metadata").is_dir():
        return None
    return (
        f"The results of {protocol} were not computed in this folder, and Snakemake may make them "
        "anew for no other reason than their times; `make restore` first keeps what is up to date."
    )


def _snakemake(
    arguments: Sequence[str], supervisor: Supervisor, watch: _Watch
) -> tuple[int, SnakemakeLog]:
    log = SnakemakeLog(supervisor.root)
    status = supervisor.run(snakemake_command(*arguments), lambda lines: watch.show(log, lines))
    return status, log


def _unlock(options: RunOptions, supervisor: Supervisor, watch: _Watch) -> None:
    """Remove the lock of a run that was killed.

    Raises:
        ClustraceError: the run that set it may be alive.
    """
    profile = Profile.find(options.profile, supervisor.root) if options.profile else None
    on_slurm = profile is not None and profile.executor == "slurm"
    left = orphans(supervisor.root) if on_slurm else []
    beats = watch.beats() if watch.remote and not on_slurm else ()
    if reason := reason_to_wait(supervisor.root, beats, left):
        raise ClustraceError(reason)
    if left:
        # While the lock keeps others from starting the same jobs.
        watch.display.say(cancelled(cancel_orphans(supervisor.root)))
    watch.display.say(
        "A run that was killed had left this folder locked; the lock is removed, and the run "
        "starts again."
    )
    _snakemake(("--unlock", *options.settings), supervisor, watch)


@dataclass
class _Watch:
    """Brings what Snakemake writes, the jobs' signs of life and the user's signals on screen."""

    display: Display
    stop: Stop
    heartbeats: Path
    remote: bool
    _beats: Sequence[Beat] = ()
    _read: float = 0.0
    _announced: int = 0

    def show(self, log: SnakemakeLog, lines: Sequence[str]) -> None:
        for line in lines:
            event = log.add(line)
            if event and self.stop.signal is None:
                self.display.note(event)
        if self.stop.times > self._announced:
            self._announced = self.stop.times
            self.display.say("Stopping; waiting for the running jobs to end ...")
        if self.stop.signal is not None:
            return  # Jobs that the stop ends are no failures to show.
        if time.monotonic() - self._read > _SECONDS_BETWEEN_BEATS:
            self._beats, self._read = self.beats(), time.monotonic()
        self.display.update(log, self._beats)

    def beats(self) -> list[Beat]:
        return running_beats(self.heartbeats, remote=self.remote)
