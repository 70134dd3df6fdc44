"""``clustrace run`` around the real Snakemake, in a temporary copy."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from .conftest import wait_for

pytestmark = pytest.mark.slow

CLUSTRACE = "from clustrace.cli.main import main; main()"
SETTINGS = ("--cores", "2", "--config", "protocol=smoke", "papers=demonstration")


def start(project, *settings, to=subprocess.PIPE):
    return subprocess.Popen(
        [sys.executable, "-c", CLUSTRACE, "run", *SETTINGS, *settings],
        cwd=project.folder,
        # As under make: the environment is not activated, the hooks of the Snakefile need it.
        env=project.environment(PATH="/usr/bin:/bin"),
        stdout=to,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(project, *settings):
    """Exit status and output."""
    process = start(project, *settings)
    output, _ = process.communicate(timeout=900)
    return process.returncode, output


def logs(project):
    """What Snakemake wrote in all runs of a copy."""
    folder = project.folder / "results" / "logs"
    return "".join(path.read_text() for path in sorted(folder.glob("snakemake-*.log")))


def computed(project):
    """Number of cells with a value, as the summary says."""
    text = (project.folder / "results/smoke/summary.md").read_text()
    return int(re.search(r"\| (\d+) of \d+ cells", text)[1])


def processes_in(folder: Path):
    def here(process):
        try:
            return Path(process.cwd()) == folder.resolve()
        except psutil.Error:
            return False

    return [process for process in psutil.process_iter() if here(process)]


def test_run_then_nothing_to_do(project):
    status, output = run(project, "methods=kmeans")
    assert status == 0, output
    assert output.count("Results under Smoke") == 1
    assert computed(project) == 2
    assert re.search(r"\b(\d+) of \1 jobs done", output)
    assert (project.folder / "results/smoke/tables/demonstration/table1.html").exists()
    assert "Results under Smoke" in logs(project), "the Snakefile's onsuccess found clustrace"

    begin = time.time()
    status, output = run(project, "methods=kmeans")
    assert status == 0, output
    assert output.count("Results under Smoke") == 1
    assert output.endswith("Nothing to do, everything is up to date.\n")
    written = [p for p in project.folder.glob("results/smoke/**/*") if p.stat().st_mtime >= begin]
    assert written == []


def test_a_typo_is_one_sentence(project):
    status, output = run(project, "method=kmeans")
    assert status == 1
    assert output.startswith("Error: --config method=kmeans: unknown key 'method'")
    assert len(output.splitlines()) == 1
    assert not (project.folder / "results").exists()


def test_a_dry_run_tells_what_would_be_computed(project):
    status, output = run(project, "methods=kmeans", "--dry-run")
    assert status == 0, output
    assert ["1", "cluster"] in [line.split() for line in output.splitlines()]
    assert re.search(r"\b[1-9]\d* jobs would run", output)
    assert not (project.folder / "results/smoke").exists()


def test_stopped_in_a_training_and_completed_later(project):
    # Long enough to be met while it trains.
    project.edit("config/protocols/smoke.yaml", "sae: {epochs: 2,", "sae: {epochs: 100,")
    settings = ("methods=sae-kmeans", "checkpoint_seconds=0.3")
    heartbeat = project.folder / "results/smoke/checkpoints/heartbeat/pretrain-digits-sae-0.json"
    checkpoints = project.folder / "results/smoke/checkpoints/digits/sae"
    process = start(project, *settings)
    wait_for(lambda: heartbeat.exists() and list(checkpoints.rglob("*.safetensors")))
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "the same command goes on from there" in output
    assert "failed" not in output
    assert processes_in(project.folder) == []
    assert logs(project).count("Terminating processes on user request") == 1

    output = complete(project, *settings)
    assert "locked" not in output
    log = project.folder / "results/smoke/logs/pretrain/digits/sae/0.log"
    assert "Resuming 'pretrain' after" in log.read_text()


def complete(project, *settings):
    status, output = run(project, *settings)
    assert status == 0, output
    assert computed(project) == 2
    return output


def test_lock_of_a_killed_run_is_removed_and_that_of_a_living_run_is_not(project):
    project.edit("config/protocols/smoke.yaml", "sae: {epochs: 2,", "sae: {epochs: 150,")
    heartbeat = project.folder / "results/smoke/checkpoints/heartbeat/pretrain-digits-sae-0.json"
    process = start(project, "methods=sae-kmeans")
    wait_for(heartbeat.exists)

    status, output = run(project, "methods=sae-kmeans")
    assert status == 1
    assert "Error: Another run is active in this folder (process " in output

    for each in processes_in(project.folder):
        each.send_signal(signal.SIGKILL)
    process.wait()
    output = complete(project, "methods=sae-kmeans")
    assert "the lock is removed" in output


def test_failed_training_is_named_and_the_tables_are_built(project):
    estimator = "clustrace.train.autoencoder:"
    project.edit("config/methods/sae.yaml", f"{estimator}Autoencoder", f"{estimator}Nothing")
    status, output = run(project, "methods=kmeans,sae-kmeans")
    assert status == 1
    assert "trying again: pretrain digits/sae/0" in output
    _, _, end = output.rpartition("failed: pretrain digits/sae/0")
    assert "Error: There is no estimator 'clustrace.train.autoencoder:Nothing'" in end
    assert "log: results/smoke/logs/pretrain/digits/sae/0.log" in end
    assert "tables were built from what exists" in end
    table = (project.folder / "results/smoke/tables/demonstration/table1.md").read_text()
    assert "There is no estimator" in table
    assert computed(project) == 2
