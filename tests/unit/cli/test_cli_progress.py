"""Tests of clustrace.cli.progress."""

import io

import pytest
from rich.console import Console

from clustrace.cli.progress import LiveDisplay, PlainDisplay, display_for, job_lines
from clustrace.cli.snakemake_log import Failure, LoggedJob, SnakemakeLog
from clustrace.provenance.heartbeat import Beat

TRAINING = Beat("pretrain usps/sae/0 seed 1", "layer 2", 30, 100, 3, 10, 0.123456)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def plain(clock):
    """A plain display and the lines it has written."""
    stream = io.StringIO()
    display = PlainDisplay(Console(file=stream), clock)
    return display, lambda: stream.getvalue().splitlines()


def test_which_display():
    assert isinstance(display_for(Console(file=io.StringIO())), PlainDisplay)
    terminal = {"file": io.StringIO(), "force_terminal": True}
    assert isinstance(display_for(Console(**terminal, _environ={"TERM": "xterm"})), LiveDisplay)
    assert isinstance(display_for(Console(**terminal, _environ={"TERM": "dumb"})), PlainDisplay)


def test_counts_are_written_when_they_change_but_not_too_often(plain, clock):
    display, lines = plain
    display.update(SnakemakeLog(), ())
    assert lines() == []
    display.update(SnakemakeLog(total=9), ())
    display.update(SnakemakeLog(total=9, done=1), ())
    assert lines() == ["0 of 9 jobs done"]
    clock.now += 11
    display.update(SnakemakeLog(total=9, done=2), ())
    clock.now += 11
    display.update(SnakemakeLog(total=9, done=2), ())
    assert lines() == ["0 of 9 jobs done", "2 of 9 jobs done"]


def test_trainings_are_written_now_and_then(plain, clock):
    display, lines = plain
    beats = [TRAINING, Beat("ledger dcec")]
    display.update(SnakemakeLog(), beats)
    assert lines() == []
    for _ in range(3):
        clock.now += 16
        display.update(SnakemakeLog(), beats)
    (line,) = lines()
    assert "pretrain usps/sae/0 seed 1: layer 2, epoch 3 of 10" in line
    assert "loss 0.1235" in line


def test_events_are_written_at_once_and_as_they_are(plain):
    display, lines = plain
    with display:
        display.note("failed: " + "[bold] x" * 50)
    assert lines() == ["failed: " + "[bold] x" * 50]


def test_lines_of_jobs():
    running = {
        1: LoggedJob("pretrain", ("usps", "sae", "0")),
        2: LoggedJob("fetch", ("mnist",)),
    }
    assert job_lines(SnakemakeLog(running=running), [TRAINING]) == [
        ("fetch mnist",),
        ("pretrain usps/sae/0 seed 1", "layer 2", "epoch 3 of 10", "loss 0.1235"),
    ]
    assert job_lines(SnakemakeLog(), [Beat("cluster a/b/0")]) == [("cluster a/b/0",)]


@pytest.fixture
def live():
    """What a live display shows on a terminal of a height."""

    def show(log, beats, height=30):
        stream = io.StringIO()
        terminal = {"TERM": "xterm", "COLUMNS": "120", "LINES": str(height)}
        console = Console(file=stream, force_terminal=True, color_system=None, _environ=terminal)
        with LiveDisplay(console) as display:
            display.update(log, beats)
            display.note("not shown: it stands in the display as long as it is true")
        return stream.getvalue()

    return show


def test_live_display(live):
    failure = Failure(LoggedJob("cluster", ("a", "b", "0")), "a.log", "Error: [no] room")
    shown = live(SnakemakeLog(done=3, total=9, failures={1: failure}), [TRAINING])
    assert "running" in shown
    assert "3/9" in shown
    assert "epoch 3 of 10  loss 0.1235" in shown
    assert "failed: cluster a/b/0: Error: [no] room (log: a.log)" in shown
    assert "not shown" not in shown


def test_live_display_before_the_plan_is_made(live):
    assert "planning" in live(SnakemakeLog(), [])


def test_live_display_fits_the_screen(live):
    shown = live(SnakemakeLog(total=50), [Beat(f"cluster a/b/{i:02}") for i in range(40)], 15)
    assert "cluster a/b/05" in shown
    assert "cluster a/b/06" not in shown
    assert "... and 34 more" in shown
