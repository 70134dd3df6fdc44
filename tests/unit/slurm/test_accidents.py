"""Tests of clustrace.slurm.submissions and clustrace.slurm.accidents."""

import pytest

from clustrace.slurm.accidents import accidents_of, sentences
from clustrace.slurm.submissions import submissions

RUN = "clustrace_df442857-eaf1-4dd7-a2c5-da9d8d33f2d9"
LOG = f"""\
SLURM run ID: {RUN}
localrule fetch:
    jobid: 6
    wildcards: raw=digits
    resources: tmpdir=/tmp, mem_mb=1000, slurm_partition=cpu

rule pretrain:
    jobid: 1
    wildcards: dataset=digits, method=sae, block=0
    resources: tmpdir=<TBD>, mem_mb=1600, mem=1.6 GB, slurm_partition=gpu, runtime=6, gpu=1
Job 1 has been submitted with SLURM jobid 12 (log: {{folder}}/12.log).
rule cluster:
    jobid: 2
    wildcards: dataset=digits, method=kmeans, block=0
    resources: tmpdir=<TBD>, mem_mb=1200, mem=1.2 GB, slurm_partition=cpu, runtime=6
Job 2 has been submitted with SLURM jobid 13 (log: {{folder}}/13.log).
[Sun Nov 22 11:14:32 2026]
Error in rule pretrain:
    message: SLURM-job '12' failed, SLURM status is: 'FAILED'. Detailed failure reason unavailable
    jobid: 1
    output: a, b

Trying to restart job 1.
rule pretrain:
    jobid: 1
    wildcards: dataset=digits, method=sae, block=0
    resources: tmpdir=<TBD>, mem_mb=3200, mem=3.2 GB, slurm_partition=gpu, runtime=12, gpu=1
Job 1 has been submitted with SLURM jobid 14 (log: {{folder}}/14.log).
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "x.snakemake.log"
    path.write_text(LOG.format(folder=tmp_path))
    return path


@pytest.fixture
def sacct(tmp_path, monkeypatch):
    """Give the cluster's accounts some rows; there are no accounts unless it is called."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()

    def call(*rows):
        program = tmp_path / "bin/sacct"
        lines = "\n".join(f"echo '{row}'" for row in rows)
        program.write_text(f'#!/bin/sh\ncase "$*" in *--name={RUN}*) {lines};; esac\n')
        program.chmod(0o755)

    return call


def _told(log):
    return "\n".join(sentences(accidents_of(log)))


def test_jobs_by_their_numbers_on_the_cluster(log):
    found = submissions(log.read_text().splitlines())
    assert found.run == RUN
    assert [(job.name, job.number, job.memory_mb, job.minutes) for job in found.jobs] == [
        ("pretrain digits/sae/0", "12", 1600, 6),
        ("cluster digits/kmeans/0", "13", 1200, 6),
        ("pretrain digits/sae/0", "14", 3200, 12),
    ]
    assert found.failed == {"12": "FAILED"}


def test_a_job_killed_for_memory_and_what_was_done(log, sacct):
    log.with_name("12.log").write_text("slurmstepd: error: Job 12 exceeded memory limit (1 > 0)\n")
    sacct(
        "12|FAILED|00:00:09|00:06:00|gpu01",
        "13|COMPLETED|00:00:09|00:06:00|cpu01",
        "14|COMPLETED|00:00:09|00:12:00|gpu02",
    )
    assert _told(log).splitlines()[1] == (
        "  pretrain digits/sae/0 (SLURM job 12 on gpu01): killed for memory, it had asked for "
        "1600 MB; tried again as job 14, 3200 MB instead of 1600, 12 minutes instead of 6, "
        "completed."
    )


@pytest.mark.parametrize(
    ("rows", "cause"),
    [
        (("12|CANCELLED by 0|00:00:09|00:06:00|gpu01",), "cancelled (scancel); tried again"),
        (("12|TIMEOUT|00:06:09|00:06:00|gpu01",), "its time was over after 00:06:09"),
        (("12|NODE_FAIL|00:00:09|00:06:00|gpu01",), "its node failed; tried again as job 14"),
        (
            ("12|PREEMPTED|00:00:09|00:06:00|gpu01", "12|COMPLETED|00:00:19|00:06:00|gpu03"),
            "preempted; SLURM queued it again, then completed on gpu03",
        ),
        (("13|FAILED|00:00:09|00:06:00|cpu01",), "The disk is full; not tried again"),
    ],
)
def test_causes(log, sacct, rows, cause):
    log.with_name("13.log").write_text("Error in cluster: The disk is full.\nmore\n")
    sacct(*rows)
    assert cause in _told(log)


def test_without_accounts_what_snakemake_saw_is_told(log, sacct):
    log.with_name("12.log").write_text("Error in pretrain: No GPU.\n")
    told = _told(log)
    assert "SLURM job 12): No GPU; tried again as job 14" in told
    assert len(told.splitlines()) == 2


def test_nothing_is_told_of_a_run_that_was_not_on_slurm(tmp_path, sacct):
    path = tmp_path / "x.log"
    path.write_text("localrule fetch:\n    jobid: 6\n")
    assert _told(path) == ""
