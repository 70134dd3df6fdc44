"""Tests of clustrace.cli.workflow_run, with a script in the place of Snakemake."""

import io
import os
import signal
import sys
from types import SimpleNamespace

import pytest
from rich.console import Console

from clustrace.cli import workflow_run
from clustrace.cli.workflow_run import RunOptions, run_workflow
from clustrace.config.layout import Layout
from clustrace.errors import ClustraceError, ConfigError

DEFAULTS = RunOptions()
SUCCESS = "Job stats:\njob count\n--- ---\nall 1\ntotal 1\n\n1 of 1 steps (100%) done\n"
FAILURE = """\
localrule cluster:
    jobid: 3
    wildcards: dataset=a, method=b, block=0
Error in cluster: no room
Error in rule cluster:
    jobid: 3
    log: c.log (check log file(s) for error details)
"""
# Locked as long as the file is there; --unlock removes it.
LOCKED = """
import pathlib, sys
lock = pathlib.Path("lock")
if "--unlock" in sys.argv:
    lock.unlink()
elif lock.exists():
    print("LockException:\\nError: Directory cannot be locked.")
    sys.exit(1)
else:
    print("Nothing to be done")
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run with Python code as Snakemake; exit status and what was shown."""
    layout = Layout(tmp_path)
    protocol = SimpleNamespace(slug="smoke")
    plan = SimpleNamespace(experiment=SimpleNamespace(layout=layout, protocol=protocol))

    def call(code, options=DEFAULTS, end=0):
        if not code.lstrip().startswith("import"):
            code = f"print({code!r}); raise SystemExit({end})"
        command = [sys.executable, "-c", code]
        monkeypatch.setattr(workflow_run, "snakemake_command", lambda *a: [*command, *a])
        stream = io.StringIO()
        status = run_workflow(plan, options, Console(file=stream))
        return status, stream.getvalue()

    return call


@pytest.mark.parametrize(
    "options, arguments",
    [
        (RunOptions(), "--cores all"),
        (RunOptions(cores="3"), "--cores 3"),
        (RunOptions(profile="slurm"), "--profile slurm"),
        (RunOptions(profile="slurm", cores="8"), "--cores 8 --profile slurm"),
        (RunOptions(("a=1", "b=2")), "--cores all --config a=1 b=2"),
        (RunOptions(dry_run=True), "--cores all --dry-run"),
    ],
)
def test_arguments(options, arguments):
    always = "--keep-going --rerun-incomplete" + ("" if options.profile else " --retries 1")
    assert " ".join(options.arguments) == f"{arguments} {always}"


def test_extra_arguments_stand_last_so_that_they_win():
    options = RunOptions(("a=1",), extra=("--retries", "3", "tables"))
    assert options.arguments[-5:] == ["--retries", "1", "--retries", "3", "tables"]


@pytest.mark.parametrize(
    "options", [{"cores": "0"}, {"cores": "many"}, {"extra": ("-n", "--config", "a=1")}]
)
def test_options_that_cannot_be_used(options):
    with pytest.raises(ConfigError):
        RunOptions(**options)


def test_success(run, tmp_path):
    status, text = run(SUCCESS)
    assert status == 0
    assert "1 of 1 jobs done" in text
    (log,) = (tmp_path / "results" / "logs").iterdir()
    assert log.read_text().rstrip() == SUCCESS.rstrip()
    assert str(log) in text


def test_failure(run):
    status, text = run(FAILURE, end=1)
    assert status == 1
    assert text.count("cluster a/b/0") == 2  # when it happened, and at the end
    assert "Error: no room" in text


def test_stale_lock_is_removed(run, tmp_path):
    (tmp_path / "lock").touch()
    status, text = run(LOCKED)
    assert status == 0
    assert "the lock is removed" in text
    assert "Nothing to do, everything is up to date." in text


def test_lock_of_a_living_run_stays(run, tmp_path, monkeypatch):
    (tmp_path / "lock").touch()
    monkeypatch.setattr(workflow_run, "reason_to_wait", lambda *_: "Another run.")
    with pytest.raises(ClustraceError, match="Another run"):
        run(LOCKED)
    assert (tmp_path / "lock").exists()


def test_stop(run):
    code = (
        f"import os, signal, time; os.kill({os.getpid()}, signal.SIGINT)\n"
        "try: time.sleep(60)\n"
        f"except KeyboardInterrupt: print({FAILURE!r}); raise SystemExit(1)"
    )
    before = signal.getsignal(signal.SIGINT)
    status, text = run(code)
    assert status == 130
    assert "Stopping" in text
    assert "the same command goes on" in text
    assert "failed" not in text
    assert signal.getsignal(signal.SIGINT) == before


def test_stop_that_came_too_late(run):
    code = f"import os, signal; signal.signal(2, signal.SIG_IGN); os.kill({os.getpid()}, 2)"
    status, text = run(f"{code}\nprint('Nothing to be done')")
    assert status == 0
    assert "Nothing to do" in text


def test_results_that_came_with_git_are_not_taken_for_those_of_this_folder(run, tmp_path):
    assert "make restore" not in run(SUCCESS)[1]
    (tmp_path / "results/smoke/provenance").mkdir(parents=True)
    assert "were not computed in this folder" in run(SUCCESS)[1]
    (tmp_path / ".snakemake/metadata").mkdir(parents=True)
    assert "make restore" not in run(SUCCESS)[1]
