"""Jobs forked from a process with all imports done, and jobs that import for themselves."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from clustrace.stages import preloaded
from clustrace.stages.launch import ADDRESS

_JOBS = '''
"""Stand-in for Snakemake's object, and stages; imported by job, server and fork."""
import os, signal, sys, time
from pathlib import Path
from types import SimpleNamespace
from clustrace.errors import StorageError

class Named(dict):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]
    def __iter__(self):
        return iter(self.values())

def snakemake(name):
    return SimpleNamespace(
        rule=name, wildcards=Named(), input=Named(),
        output=Named(text=f"results/smoke/{name}.txt", record=f"results/smoke/{name}.json"),
        params=Named(settings={}, code_roots=["clustrace.stages.job"]),
        log=[f"results/smoke/{name}.log"], config={"protocol": "smoke"}, threads=1,
        resources=Named())

def writes(job):
    job.output["text"].write_text(f"{os.getppid()} {'torch' in sys.modules} {os.environ['MARK']}")

def fails(job):
    raise StorageError("The disk is gone; buy another one.")

def dies(job):
    os.kill(os.getpid(), 9)

def sleeps(job):
    Path("sleeping").write_text(str(os.getpid()))
    time.sleep(60)

def saves_at_its_end(job):
    def save(*_):
        time.sleep(1.5)  # as long as a checkpoint may take
        Path("saved").write_text("1")
        sys.exit(3)
    signal.signal(signal.SIGTERM, save)
    Path("sleeping").write_text(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    from clustrace.stages.launch import launch
    import jobs
    launch(jobs.snakemake(sys.argv[1]), f"jobs:{sys.argv[1]}")
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "jobs.py").write_text(_JOBS)
    return folder


@pytest.fixture(scope="module")
def server(folder):
    """A started server; this process leads the run."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    patch.delenv(ADDRESS, raising=False)
    preloaded.start()
    address = os.environ[ADDRESS]
    [process] = [
        child
        for child in psutil.Process().children()
        if address.partition("@")[2] in child.cmdline()
    ]
    yield address, process
    process.terminate()
    patch.undo()
    os.environ.pop(ADDRESS, None)


def _start(folder, stage, address=""):
    path = f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    environment = {**os.environ, ADDRESS: address, "PYTHONPATH": path, "MARK": "of this job"}
    return subprocess.Popen(
        [sys.executable, "jobs.py", stage],
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def _end(process):
    _, errors = process.communicate(timeout=120)
    return process.returncode, errors


def _wait_for(path):
    for _ in range(600):
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.1)
    raise AssertionError(f"{path} did not appear")


def test_a_job_is_forked_with_imports_done_and_an_environment_of_its_own(folder, server):
    address, process = server
    assert _end(_start(folder, "writes", address)) == (0, "")
    text = (folder / "results/smoke/writes.txt").read_text()
    assert text == f"{process.pid} True of this job"


def test_without_a_server_a_job_runs_in_its_own_process(folder):
    assert _end(_start(folder, "writes")) == (0, "")
    text = (folder / "results/smoke/writes.txt").read_text()
    assert text == f"{os.getpid()} False of this job"


@pytest.mark.parametrize("address", ["@/nowhere/socket", "another-slurm-job@{path}"])
def test_a_server_out_of_reach_or_of_another_slurm_job_is_not_used(folder, server, address):
    path = server[0].partition("@")[2]
    assert _end(_start(folder, "writes", address.format(path=path))) == (0, "")
    assert (folder / "results/smoke/writes.txt").read_text().startswith(str(os.getpid()))


def test_an_error_is_a_sentence_and_a_status_on_the_job_s_own_streams(folder, server):
    status, errors = _end(_start(folder, "fails", server[0]))
    assert status == 1 and errors == "Error in fails: The disk is gone; buy another one.\n"


def test_a_killed_fork_is_a_failed_job(folder, server):
    status, _ = _end(_start(folder, "dies", server[0]))
    assert status == 128 + signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_the_job_ends_the_fork(folder, server, number):
    sleeping = Path(folder / "sleeping")
    sleeping.unlink(missing_ok=True)
    job = _start(folder, "sleeps", server[0])
    fork = psutil.Process(_wait_for(sleeping))
    job.send_signal(number)
    assert _end(job)[0] == (128 + number if number == signal.SIGTERM else -number)
    fork.wait(timeout=30)


def test_the_server_and_its_jobs_end_with_the_run(folder):
    sleeping = Path(folder / "sleeping")
    sleeping.unlink(missing_ok=True)
    lead = (
        "import os, subprocess, sys; from clustrace.stages import preloaded; preloaded.start();"
        "print(os.environ['CLUSTRACE_PRELOADED'], flush=True);"
        "subprocess.Popen([sys.executable, 'jobs.py', 'sleeps']); input()"
    )
    path = f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    leader = subprocess.Popen(
        [sys.executable, "-c", lead],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    socket = Path(leader.stdout.readline().strip().partition("@")[2])
    fork = psutil.Process(_wait_for(sleeping))
    [server] = [
        child for child in psutil.Process(leader.pid).children() if fork.ppid() == child.pid
    ]
    leader.kill()
    leader.communicate()
    server.wait(timeout=30)
    fork.wait(timeout=30)
    assert not socket.exists()


@pytest.mark.slow
def test_a_cluster_that_ends_all_processes_at_once_lets_a_job_save(folder, monkeypatch):
    """Preempted, out of time: SIGTERM to each of them, and some seconds."""
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv(ADDRESS, "")
    preloaded.start(at_once=True)
    sleeping = folder / "sleeping"
    sleeping.unlink(missing_ok=True)
    job = _start(folder, "saves_at_its_end", os.environ[ADDRESS])
    fork = psutil.Process(_wait_for(sleeping))
    server = fork.parent()
    for process in (server, fork, psutil.Process(job.pid)):
        process.send_signal(signal.SIGTERM)
    assert _end(job)[0] == 3
    assert (folder / "saved").exists()
    server.wait(timeout=30)
