"""Failures on the cluster are survived: results end byte-identical to those of an undisturbed run.

What happens stands in accidents.py; here each test looks at what became of one training.
"""

import pytest

from clustrace.stages import preloaded
from clustrace.stages.launch import ADDRESS

from .accidents import (
    BLOCKS,
    DISK,
    MEMORY,
    NODE,
    PREEMPTION,
    SCANCEL,
    SEEDS,
    TIME,
    Disturbed,
    copy_with_six_trainings,
    model,
)
from .cluster import accounted, call
from .project import output_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def run(cluster, tmp_path_factory) -> Disturbed:
    project = copy_with_six_trainings(tmp_path_factory.mktemp("disturbed") / "project")
    run = Disturbed(project, cluster)
    run.go()
    return run


def _starts(number: str) -> list[tuple[str, ...]]:
    """State and node of every start of a job."""
    fields = "State,NodeList"
    rows = call("sacct", "-X", "-n", "-P", "--duplicates", "-j", number, "-o", fields)
    return [tuple(row.split("|")) for row in rows.splitlines()]


def _of(run: Disturbed, number: str) -> str:
    """What is told of a job at the end."""
    lines = output_of(run.project).read_text().splitlines()
    [line] = [line for line in lines if f"SLURM job {number}" in line]
    return line


def test_the_run_succeeds(run):
    assert run.status == 0, output_of(run.project).read_text()[-6000:]


def test_orphans_of_a_killed_snakemake_are_cancelled_before_anything_starts(run):
    assert accounted(run.orphan, "State")[0].startswith("CANCELLED")
    [ended] = accounted(run.orphan, "End")
    for number in run.numbers(SCANCEL):
        assert accounted(number, "Start")[0] >= ended
    said = output_of(run.project).read_text()
    assert f"cancelled ({run.orphan})" in said


def test_a_cancelled_training_goes_on(run):
    first, second = run.numbers(SCANCEL)
    assert accounted(first, "State")[0].startswith("CANCELLED")
    assert accounted(second, "State") == ["COMPLETED"]
    assert "Resuming" in run.log(SCANCEL)
    assert f"cancelled (scancel); tried again as job {second}" in _of(run, first)


def test_a_training_out_of_time_goes_on_with_more(run):
    first, second = run.numbers(TIME)
    assert accounted(first, "State") == ["TIMEOUT"]
    assert accounted(second, "State") == ["COMPLETED"]
    assert int(accounted(second, "TimelimitRaw")[0]) > 10
    assert "Resuming" in run.log(TIME)
    assert "its time was over" in _of(run, first)


def test_a_training_killed_for_memory_gets_more(run):
    first, second = run.numbers(MEMORY)
    assert accounted(first, "State")[0] in ("FAILED", "OUT_OF_MEMORY")
    assert accounted(second, "State") == ["COMPLETED"]
    before, after = (int(accounted(n, "ReqMem")[0].removesuffix("M")) for n in (first, second))
    assert after >= 2 * before
    assert f"killed for memory, it had asked for {before} MB" in _of(run, first)
    assert f"{after} MB instead of {before}" in _of(run, first)


def test_a_training_whose_node_dies_runs_on_another(run):
    [number] = run.numbers(NODE)
    starts = _starts(number)
    assert starts[-1][0] == "COMPLETED" and starts[0][0] in ("NODE_FAIL", "REQUEUED")
    assert starts[0][1] != starts[-1][1]
    assert "SLURM queued it again, then completed" in _of(run, number)


def test_a_preempted_training_goes_on(run):
    [number] = run.numbers(PREEMPTION)
    states = [state for state, _ in _starts(number)]
    assert states[0] == "PREEMPTED" and states[-1] == "COMPLETED"
    assert "Resuming" in run.log(PREEMPTION)
    assert "preempted; SLURM queued it again" in _of(run, number)


def test_a_training_whose_disk_is_full_says_so_and_is_tried_again(run):
    first, second = run.numbers(DISK)
    assert accounted(first, "State") == ["FAILED"]
    assert accounted(second, "State") == ["COMPLETED"]
    assert "could not be written" in _of(run, first)
    assert "No space left on device" in _of(run, first)


def test_trainings_ran_while_slurmctld_was_away(run):
    assert run.outage
    starts = run.cluster.log("slurmctld").count("Running as primary controller")
    assert starts >= 2


def test_results_are_those_of_an_undisturbed_run(run, tmp_path, monkeypatch):
    # As runs of short protocols have one: thirty jobs here would import torch, each for a second.
    monkeypatch.setenv(ADDRESS, "")
    preloaded.start()
    undisturbed = copy_with_six_trainings(tmp_path / "undisturbed")
    for project in (run.project, undisturbed):
        project.run("--cores", "2", **SEEDS)
    for block in BLOCKS:
        assert model(run.project, block).read_bytes() == model(undisturbed, block).read_bytes()
    for name in ("ledger/demonstration.csv", "tables/demonstration/table1.csv"):
        path = f"results/smoke/{name}"
        ours, theirs = ((p.folder / path).read_bytes() for p in (run.project, undisturbed))
        assert ours == theirs, name
