"""Tests of the section scheduling."""

from datetime import datetime

import pytest

from clustrace.bench import scheduling, slurm_run
from clustrace.bench.quick_run import JobTime
from clustrace.bench.slurm_run import ClusterJob, ClusterRun, finished_jobs
from clustrace.errors import ClustraceError
from clustrace.slurm.submissions import submissions

LOG = """\
[Sun Nov 29 20:10:01 2026]
rule pretrain:
    jobid: 1
    wildcards: dataset=digits, method=sae, block=0
Job 1 has been submitted with SLURM jobid 12 (log: /x/12.log).
[Sun Nov 29 20:10:31 2026]
Finished jobid: 1 (Rule: pretrain)
[Mon Nov  2 01:00:00 2026]
Finished jobid: 23 (Rule: evaluate)
"""


def cluster_run(start_up):
    jobs = (JobTime("pretrain", 40.0, 1.0), JobTime("pretrain", 48.0, 1.0))
    shared = ClusterJob(("pretrain b", "finetune a"), jobs, 2.0, 90.0 + start_up, 4.0)
    return ClusterRun(150.0, (shared,), (JobTime("evaluate", 1.0, 0.5),))


@pytest.mark.parametrize(("start_up", "verdict"), [(9.0, "met"), (11.0, "missed")])
def test_share_of_start_up(start_up, verdict):
    found = scheduling.findings(cluster_run(start_up), "")
    [goal] = found.goals
    assert goal.verdict == verdict
    assert f"{start_up:.1f} s for each of 1 jobs on the cluster, which 2 jobs" in goal.detail
    [row] = found.tables[0].rows
    assert (row["jobs"], row["handed"], row["each"]) == (3, 1, start_up / 2)
    assert (row["beside"], row["work"], row["start-up"]) == (1.5, 90.0, start_up)
    assert found.tables[1].rows[0]["job"] == "finetune, pretrain"
    assert found.tables[1].rows[0]["start-up"] == start_up


def test_without_slurm_nothing_is_shown(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    reason = slurm_run.no_cluster()
    found = scheduling.findings(None, reason)
    assert found.goals[0].verdict == "not shown" and not found.tables
    assert "no SLURM here: sinfo cannot be run" in found.goals[0].detail


@pytest.fixture
def sacct(tmp_path, monkeypatch):
    """Accounts with one row for each job."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")

    def say(row):
        (tmp_path / "sacct").write_text(f"#!/bin/sh\necho '{row}'\n")
        (tmp_path / "sacct").chmod(0o755)

    return say


def test_a_job_s_time_is_taken_apart(sacct):
    sacct("12|2026-11-29T20:10:01|2026-11-29T20:10:04|2026-11-29T20:10:28")
    lines = LOG.splitlines()
    times = {"12": [JobTime("pretrain", 13.0, 1.0)]}
    [job] = slurm_run._cluster_jobs(submissions(lines), lines, times)
    assert (job.queued, job.allocated, job.noticed) == (3.0, 24.0, 3.0)
    assert (job.work, job.start_up) == (14.0, 10.0)


def test_accounts_that_never_hear_of_an_end_are_told(sacct, monkeypatch):
    monkeypatch.setattr(slurm_run, "_SECONDS_TO_ACCOUNT", 0.0)
    sacct("12|2026-11-29T20:10:01|2026-11-29T20:10:04|Unknown")
    lines = LOG.splitlines()
    with pytest.raises(ClustraceError, match="the end of 0 of 1 jobs"):
        list(slurm_run._cluster_jobs(submissions(lines), lines, {}))


def test_when_jobs_were_seen_done():
    found = finished_jobs(LOG.splitlines())
    assert found == {
        1: datetime(2026, 11, 29, 20, 10, 31),
        23: datetime(2026, 11, 2, 1),
    }
