"""Tests of clustrace.cli.supervise."""

import contextlib
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from clustrace.cli.supervise import Stop, Supervisor, snakemake_command, stop_signals

WITH_A_CHILD = """
import signal, subprocess, sys, time
code = (
    "import time\\n"
    "try: print('child ready', flush=True); time.sleep(60)\\n"
    "except KeyboardInterrupt: print('child stopped', flush=True)"
)
child = subprocess.Popen([sys.executable, "-c", code])
interrupts = 0
while True:
    try:
        child.wait()
        break
    except KeyboardInterrupt:
        interrupts += 1
time.sleep(0.3)
print(f"{interrupts} interrupt", flush=True)
sys.exit(interrupts)
"""


@pytest.fixture
def run(tmp_path):
    """Run Python code; exit status, lines, log file."""

    def call(code, stop=None, on_line=lambda line: None):
        lines = []

        def take(new):
            lines.extend(new)
            for line in new:
                on_line(line)

        log = tmp_path / "logs" / "run.log"
        supervisor = Supervisor(tmp_path, log, stop or Stop())
        return supervisor.run([sys.executable, "-c", code], take), lines, log

    return call


def test_output_stays_in_the_log_and_comes_in_lines(run):
    code = "import sys; print('out'); print('half', end='', file=sys.stderr); sys.exit(3)"
    status, lines, log = run(code)
    assert status == 3
    assert sorted(lines) == sorted(log.read_text().splitlines())
    assert "half" in "".join(lines)


def test_second_command_appends_and_gives_only_its_own_lines(run):
    run("print('first')")
    _, lines, log = run("print('second')")
    assert lines == ["second"]
    assert log.read_text() == "first\nsecond\n"


def test_runs_in_the_root_away_from_the_terminal_with_the_environment_on_the_path(run, tmp_path):
    code = (
        "import os, sys; print(os.getcwd()); print(os.environ['PATH']);"
        "print(os.getsid(0) == os.getpid()); print(repr(sys.stdin.read()))"
    )
    _, (folder, path, own_session, given), _ = run(code)
    assert Path(folder) == tmp_path.resolve()
    assert path.split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert (own_session, given) == ("True", "''")


def test_stop_reaches_the_command_and_its_jobs_once(run):
    stop = Stop()

    def ask_twice(line):
        if line == "child ready":
            stop.signal, stop.times = signal.SIGTERM, 2

    status, lines, _ = run(WITH_A_CHILD, stop, ask_twice)
    assert "child stopped" in lines
    assert (status, lines[-1]) == (1, "1 interrupt")


def test_jobs_of_a_command_that_was_killed_are_ended(run):
    code = (
        "import os, signal, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True); time.sleep(0.5); os.kill(os.getpid(), signal.SIGKILL)"
    )
    status, lines, _ = run(code)
    assert status == -signal.SIGKILL
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(lines[0])).wait(10)  # TimeoutExpired if it lives on


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_noted_inside_the_block_only(number, request):
    # Under nohup, SIGHUP is ignored, and stays so.
    request.addfinalizer(partial(signal.signal, number, signal.getsignal(number)))
    signal.signal(number, signal.SIG_DFL)
    before = signal.getsignal(number)
    with stop_signals() as stop:
        assert stop == Stop(None, 0)
        for _ in range(2):
            threading.Thread(target=os.kill, args=(os.getpid(), number)).start()
            time.sleep(0.05)
        assert stop == Stop(number, 2)
    assert signal.getsignal(number) == before


def test_hang_up_stays_ignored_under_nohup():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_signals() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert stop.signal is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_snakemake_of_this_environment():
    assert snakemake_command("--version") == [sys.executable, "-m", "snakemake", "--version"]
