"""Tests of clustrace.cli.outcome."""

import io
import signal
import time

import pytest
from rich.console import Console

from clustrace.cli.outcome import End
from clustrace.cli.snakemake_log import Failure, LoggedJob, SnakemakeLog

FAILED = {"failures": {4: Failure(LoggedJob("pretrain", ("a", "b")), "b.log", "Error: no room")}}
CLOSING = "At least one job did not complete successfully."


@pytest.fixture
def tell(tmp_path, capsys):
    """Exit status and text of an end."""
    summary = tmp_path / "summary.md"
    summary.write_text("# Results under test\n")
    (tmp_path / "x.log").touch()

    def call(how, *arguments, status=0, log=None, age=0.0, dry_run=False):
        stream = io.StringIO()
        started = time.time() - 10 + age
        end = End(status, log or SnakemakeLog(), tmp_path / "x.log", summary, started, dry_run)
        code = getattr(end, f"tell_{how}")(Console(file=stream), *arguments)
        return code, capsys.readouterr().out + stream.getvalue()

    return call


def test_success(tell):
    code, text = tell("success", log=SnakemakeLog(done=9, total=9))
    assert code == 0
    assert "Results under test" in text
    assert "9 of 9 jobs done in 0:00:1" in text


def test_nothing_to_do(tell):
    code, text = tell("success", log=SnakemakeLog(nothing_to_do=True))
    assert code == 0
    assert "Results under test" in text
    assert text.endswith("Nothing to do, everything is up to date.\n")


def test_success_says_where_the_site_is(tmp_path):
    site = tmp_path / "site/test/index.html"
    end = End(
        0, SnakemakeLog(done=9, total=9), tmp_path / "x.log", tmp_path / "no.md", 0.0, site=site
    )
    (tmp_path / "x.log").touch()
    stream = io.StringIO()
    end.tell_success(Console(file=stream, width=500))
    assert "To look at" not in stream.getvalue()
    site.parent.mkdir(parents=True)
    site.touch()
    end.tell_success(Console(file=stream, width=500))
    assert f"To look at, and to click: {site}" in stream.getvalue()


def test_dry_run_lists_jobs_by_rule(tell):
    log = SnakemakeLog(total=12, counts={"pretrain": 2, "table": 10})
    code, text = tell("success", log=log, dry_run=True)
    assert code == 0
    assert [line.split()[:2] for line in text.splitlines()] == [
        ["2", "pretrain"],
        ["10", "table"],
        ["12", "jobs"],
    ]
    assert "Results under test" not in text


def test_dry_run_with_nothing_to_do(tell):
    _, text = tell("success", log=SnakemakeLog(nothing_to_do=True), dry_run=True)
    assert text == "Nothing to do, everything is up to date.\n"


def test_failed_jobs(tell):
    code, text = tell(
        "failed", status=1, log=SnakemakeLog(done=5, total=9, problem=CLOSING, **FAILED)
    )
    assert code == 1
    assert "Results under test" in text
    assert "failed: pretrain a/b\n    Error: no room\n    log: b.log\n" in text
    assert "1 failed, 3 not started" in text
    assert "tables were built from what exists" in text


@pytest.mark.parametrize("age, problem", [(60.0, CLOSING), (0.0, "clustrace tables failed")])
def test_failed_jobs_without_tables(tell, age, problem):
    log = SnakemakeLog(total=9, problem=problem, **FAILED)
    code, text = tell("failed", status=1, log=log, age=age)
    assert code == 1
    assert "Results under test" not in text
    assert "tables could not be built" in text
    assert "failed: pretrain a/b" in text


def test_problem_without_failed_jobs(tell):
    code, text = tell("failed", status=1, log=SnakemakeLog(problem="No rule to produce x"))
    assert code == 1
    assert text.startswith("Error: No rule to produce x\n")
    assert "x.log" in text


def test_snakemake_that_was_killed(tell):
    code, text = tell("failed", status=-9, log=SnakemakeLog(**FAILED))
    assert code == 1
    assert "ended by signal 9" in text


def test_snakemake_that_says_nothing(tell):
    assert "status 3" in tell("failed", status=3)[1]


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped(tell, number, status):
    code, text = tell("stopped", number, status=1, log=SnakemakeLog(done=2, total=9, **FAILED))
    assert code == status
    assert "2 of 9 jobs done" in text
    assert "the same command goes on" in text
    assert "failed" not in text
