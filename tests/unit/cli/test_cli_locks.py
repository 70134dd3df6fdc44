"""Tests of clustrace.cli.locks."""

import platform
import subprocess
import sys

import pytest

from clustrace.cli.locks import reason_to_wait
from clustrace.provenance.heartbeat import Beat


def write_log(root, name, text):
    folder = root / ".snakemake" / "log"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.snakemake.log").write_text(text)


@pytest.fixture
def process(tmp_path):
    """Start Python in the folder as if it were Snakemake or one of its jobs."""
    started = []

    def start(place, cwd=tmp_path):
        script = tmp_path / place
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text("import sys; print(flush=True); sys.stdin.read()")
        pipe = subprocess.PIPE
        child = subprocess.Popen([sys.executable, script], cwd=cwd, stdin=pipe, stdout=pipe)
        child.stdout.readline()
        started.append(child)
        return child.pid

    yield start
    for child in started:
        child.communicate()


def test_nobody_is_there(tmp_path):
    assert reason_to_wait(tmp_path, ()) is None


@pytest.mark.parametrize("place", ["bin/snakemake", ".snakemake/scripts/tmp1.pretrain.py"])
def test_snakemake_or_a_job_of_it_is_alive(tmp_path, process, place):
    number = process(place)
    assert f"process {number}" in reason_to_wait(tmp_path, ())


def test_processes_of_other_folders_and_other_programs(tmp_path, process):
    (tmp_path / "other").mkdir()
    process("bin/snakemake", cwd=tmp_path / "other")
    process("snakemake-notes.py")
    assert reason_to_wait(tmp_path, ()) is None


def test_lock_of_another_machine(tmp_path):
    write_log(tmp_path, "2026-01-01", f"SNAKEMAKE\n  Host: {platform.node()}\n")
    assert reason_to_wait(tmp_path, ()) is None
    write_log(tmp_path, "2026-01-02", "SNAKEMAKE\n  Host: elsewhere\n")
    # Runs that did not get the lock did not set it.
    write_log(tmp_path, "2026-01-03", f"  Host: {platform.node()}\nLockException:\n")
    assert "the machine elsewhere" in reason_to_wait(tmp_path, ())


def test_jobs_of_a_cluster_that_are_to_be_cancelled(tmp_path, process, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    process(".snakemake/scripts/tmp1.pretrain.py")
    assert reason_to_wait(tmp_path, (), ["18"]) is not None
    assert reason_to_wait(tmp_path, (), ["17"]) is None


def test_jobs_that_run_on_without_their_snakemake(tmp_path):
    assert "pretrain usps/sae/0" in reason_to_wait(tmp_path, [Beat("pretrain usps/sae/0")])
