"""Tests of the sections recording, audit and scale, and of how commands are clocked."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.results_tree import Tree

from clustrace.bench import audit, elapsed, newcomer, recording, scale
from clustrace.bench.copies import committed_copy, workflow_copy
from clustrace.bench.elapsed import Elapsed, goal_of
from clustrace.bench.quick_run import JobTime, QuickRun, job_time
from clustrace.bench.synthetic import METHODS_EACH, PAPERS, SEEDS, write_synthetic
from clustrace.config.experiment import load_experiment
from clustrace.config.plan import Plan
from clustrace.data.artefact import Outcome, Status
from clustrace.errors import ClustraceError
from clustrace.files import read_json
from clustrace.provenance.ledger import LedgerRow, address
from clustrace.provenance.records import iter_records

ROOT = Path(__file__).parents[3]
SLUGS = {"paper": "p", "table": "t", "row": "r", "column": "c", "metric": "acc"}
CELL = LedgerRow(address=address(**SLUGS), **SLUGS, protocol="paper", kind="cell", value=0.5)


def test_processor_time_of_a_command_is_that_of_its_processes():
    work = [sys.executable, "-c", "import time; time.sleep(0.3)"]
    took = elapsed.elapsed(lambda: subprocess.run(work, check=True))
    assert 0 < took.processor < took.seconds >= 0.3


@pytest.mark.parametrize(
    ("seconds", "processor", "crowded", "verdict"),
    [
        (0.9, 0.9, True, "met"),
        (1.5, 0.9, True, "not shown"),
        (1.5, 0.9, False, "missed"),
        (1.5, 1.4, True, "missed"),
    ],
)
def test_goal_of_a_command(monkeypatch, seconds, processor, crowded, verdict):
    monkeypatch.setattr(elapsed, "crowded", lambda: crowded)
    assert goal_of("It takes under", [Elapsed(seconds, processor)], 1.0).verdict == verdict


def quick_run(*, work, record, rest):
    jobs = (JobTime("cluster", work - 1.0, record), JobTime("table", 1.0, 0.0))
    return QuickRun(work + record + rest, jobs)


def test_a_quick_run_is_taken_apart():
    run = quick_run(work=50.0, record=0.5, rest=12.0)
    assert (run.work, run.recording, run.rest) == (50.0, 0.5, 12.0)
    assert recording.recording_percent(run) == 1.0
    assert recording.scheduling_percent(run) == pytest.approx(19.2)


@pytest.mark.parametrize(
    ("record", "rest", "verdicts"),
    [(0.5, 2.0, ["met", "met"]), (1.5, 8.0, ["missed", "missed"])],
)
def test_goals_of_a_quick_run(monkeypatch, record, rest, verdicts):
    run = quick_run(work=50.0, record=record, rest=rest)
    monkeypatch.setattr(recording, "run", lambda root, given: run)
    found = recording.measure(recording.Setting(load_experiment(ROOT), quick=True))
    assert [goal.verdict for goal in found.goals] == verdicts
    shares, rules = found.tables
    assert [row["part"] for row in shares.rows] == ["work", "recording", "scheduling", "whole run"]
    assert [(row["rule"], row["jobs"]) for row in rules.rows] == [("cluster", 1), ("table", 1)]


@pytest.mark.parametrize(
    ("minutes", "work", "crowded", "verdicts"),
    [
        (5.0, 9.0, False, ["met", "met"]),
        (7.0, 9.0, False, ["missed", "missed"]),
        (7.0, 13.0, True, ["not shown", "met"]),
    ],
)
def test_goals_of_the_first_commands(monkeypatch, minutes, work, crowded, verdicts):
    one = QuickRun(60 * minutes, (JobTime("cluster", 60 * work, 0.0),), cores=2, without=3)
    monkeypatch.setattr(newcomer, "run", lambda root, given, cores, whole: one)
    monkeypatch.setattr(newcomer, "crowded", lambda: crowded)
    found = newcomer.measure(newcomer.Setting(load_experiment(ROOT), quick=True))
    assert [goal.verdict for goal in found.goals] == verdicts
    [[row]] = [table.rows for table in found.tables]
    assert (row["minutes"], row["work"], row["without"]) == (minutes, pytest.approx(work), 3)
    assert row["rest"] == pytest.approx(100 * (1 - work / minutes / 2))


def test_recording_of_a_job_holds_the_writing_of_its_file(tmp_path):
    tree = Tree(tmp_path, tmp_path / "results/smoke")
    record = tree.job("cluster", {}, {"p": "results/smoke/p"})
    told = read_json(record)
    [stored] = iter_records(tree.folder / "provenance")
    found = job_time(stored)
    assert (found.rule, found.work) == ("cluster", told["seconds"])
    assert found.recording > told["recording_seconds"]
    assert read_json(record) == told


def test_a_run_with_a_job_without_result_is_refused(tmp_path):
    tree = Tree(tmp_path, tmp_path / "results/smoke")
    tree.job("fetch", {}, {"p": "results/smoke/p"})
    [stored] = iter_records(tree.folder / "provenance")
    outcome = Outcome(Status.UNREACHABLE, "no network", "fetch").to_dict()
    changed = stored.record.model_validate(
        {**stored.record.model_dump(by_alias=True), "outcome": outcome}
    )
    with pytest.raises(ClustraceError, match=r"no network.*clustrace data fetch"):
        job_time(type(stored)(stored.file, None, changed, stored.store))


def test_explaining_and_auditing_beside_their_goals():
    found = audit.findings(CELL, 7, [Elapsed(0.8, 0.8)] * 3, [Elapsed(90.0, 80.0)])
    assert [goal.verdict for goal in found.goals] == ["met", "missed"]
    [table] = found.tables
    assert [row["command"] for row in table.rows] == [
        f"clustrace explain {CELL.address}",
        "clustrace audit --level predictions, 7 rows",
    ]


def test_an_audit_without_a_report_is_not_clocked(tmp_path):
    with pytest.raises(ClustraceError, match="gave no report"):
        audit.audit(tmp_path)


def test_a_folder_outside_git_cannot_be_cloned(tmp_path):
    with pytest.raises(ClustraceError, match="git clone of the project"), committed_copy(tmp_path):
        pass


def test_a_clone_has_what_is_committed_and_no_more(tmp_path):
    def git(*arguments):
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", "-C", tmp_path, *identity, *arguments], check=True)

    git("init", "--quiet")
    (tmp_path / "results").mkdir()
    (tmp_path / "results/one").write_text("1")
    git("add", "--all")
    git("commit", "--quiet", "-m", "one")
    (tmp_path / "results/two").write_text("2")
    with committed_copy(tmp_path) as clone:
        assert [path.name for path in (clone / "results").iterdir()] == ["one"]
    assert not clone.exists()


def test_synthetic_papers_are_a_plan_of_5000_jobs():
    with workflow_copy(ROOT) as folder:
        plan = Plan(load_experiment(folder, write_synthetic(folder)))
        assert len(plan.papers) == PAPERS
        assert len(plan.runs) == PAPERS * METHODS_EACH * 5
        # A fine-tuning and an evaluation of each run and seed, and the pretraining before them.
        assert 5000 < len(plan.records) == len(plan.runs) * SEEDS * 2 + 2 * 5 * SEEDS + 5


PRINTED = """\
job         count
--------  -------
evaluate      270
total         679

This was a dry-run (flag -n).
188.9375
"""


def test_a_dry_run_is_read():
    took = Elapsed(5.0, 4.0)
    assert scale.read_dry_run(PRINTED, took) == scale.DryRun(679, took, 188.9375)
    with pytest.raises(ClustraceError, match="no table of jobs"):
        scale.read_dry_run("Nothing to be done\n12.5\n", took)


@pytest.mark.parametrize(
    ("seconds", "peak", "verdicts"),
    [(19.0, 300.0, ["met", "met"]), (21.0, 1100.0, ["missed", "missed"])],
)
def test_goals_of_a_plan(seconds, peak, verdicts):
    found = scale.findings({"one": [scale.DryRun(5000, Elapsed(seconds, seconds), peak)]})
    assert [goal.verdict for goal in found.goals] == verdicts
    assert found.goals[0].text.startswith("A dry run of 5,000 jobs (one) takes under 20 s")
