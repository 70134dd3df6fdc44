"""Jobs that share one on the cluster: what Snakemake 9.27 writes of them, and how it is read."""

import pytest

from clustrace.cli.snakemake_log import SnakemakeLog
from clustrace.slurm.accidents import accidents_of, sentences
from clustrace.slurm.submissions import submissions

# The number comes from one of its jobs; another shared job, and one that is local, are announced
# before it is handed in.
NUMBER = "b1524cba-bc92-5a0b-b72c-4c407c09eb29"
BLOCK = """\
[Sun Nov 29 20:10:01 2026] Group job pretrain-digits (jobs in lexicogr. order):

    [Sun Nov 29 20:10:01 2026]
    rule pretrain:
        input: data/processed/digits/300/features.safetensors
        log: results/smoke/logs/pretrain/digits/cae/0.log
        jobid: 7
        wildcards: dataset=digits, method=cae, block=0
        resources: tmpdir=<TBD>, mem_mb={cae}, mem_mib=2385, slurm_partition=gpu, runtime={minutes}
    [Sun Nov 29 20:10:01 2026]
    rule pretrain:
        log: results/smoke/logs/pretrain/digits/sae/0.log
        jobid: 1
        wildcards: dataset=digits, method=sae, block=0
        resources: tmpdir=<TBD>, mem_mb={sae}, mem_mib=2480, slurm_partition=gpu, runtime={minutes}
[Sun Nov 29 20:10:01 2026] Group job cluster-digits (jobs in lexicogr. order):

    [Sun Nov 29 20:10:01 2026]
    rule cluster:
        jobid: 2
        wildcards: dataset=digits, method=kmeans, block=0
        resources: tmpdir=<TBD>, mem_mb=2300, mem_mib=2194, slurm_partition=cpu, runtime=3
[Sun Nov 29 20:10:01 2026]
localrule truth:
    jobid: 6
    wildcards: dataset=digits
    resources: tmpdir=/tmp, mem_mb=1000, slurm_partition=cpu, runtime=9
Job {number} has been submitted with SLURM jobid {slurm} (log: {folder}/{slurm}.log).
"""
ERROR = """\
[Sun Nov 29 20:10:01 2026]
    message: Error in group pretrain-digits
    log: {folder}/47.log (check log file(s) for error details)
    jobs:
        rule pretrain:
            jobid: 7
            output: a, b
        rule pretrain:
            jobid: 1
            output: c
    [Sun Nov 29 20:10:01 2026]
    Error in rule pretrain:
        message: None
        jobid: 7
        log: results/smoke/logs/pretrain/digits/cae/0.log (check log file(s) for error details)
    [Sun Nov 29 20:10:01 2026]
    Error in rule pretrain:
        message: None
        jobid: 1
        log: results/smoke/logs/pretrain/digits/sae/0.log (check log file(s) for error details)
"""
RESTART = f"Trying to restart job {NUMBER}.\n"
BOTH = "pretrain digits/cae/0, pretrain digits/sae/0"


@pytest.fixture
def text(tmp_path):
    first = BLOCK.format(number=NUMBER, slurm=47, folder=tmp_path, cae=2500, sae=2600, minutes=3)
    second = BLOCK.format(number=NUMBER, slurm=48, folder=tmp_path, cae=4900, sae=5100, minutes=6)
    return "SLURM run ID: clustrace_x\n" + first + ERROR.format(folder=tmp_path) + RESTART + second


def test_a_shared_job_has_the_largest_memory_and_all_the_minutes(text):
    found = submissions(text.splitlines())
    assert [(job.name, job.number, job.memory_mb, job.minutes) for job in found.jobs] == [
        (BOTH, "47", 2600, 6),
        (BOTH, "48", 5100, 12),
    ]
    assert found.failed == {"47": "FAILED"}


def test_an_accident_of_a_shared_job_names_all_of_it(text, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # no accounts
    (tmp_path / "47.log").write_text("Error in pretrain: The disk is full.\n")
    log = tmp_path / "x.snakemake.log"
    log.write_text(text)
    assert sentences(accidents_of(log))[1] == (
        f"  {BOTH} (SLURM job 47): The disk is full; tried again as job 48, 5100 MB instead of "
        "2600, 12 minutes instead of 6."
    )


def test_the_display_sees_them_fail_and_start_again(text, tmp_path):
    log = SnakemakeLog(tmp_path)
    events = [event for line in text.splitlines() if (event := log.add(line))]
    assert [event.partition(":")[0] for event in events] == ["failed", "failed", "trying again"]
    assert events[-1] == f"trying again: {BOTH}"
    assert log.failures == {}
    assert {job.name for job in log.running.values()} >= {
        "pretrain digits/cae/0",
        "pretrain digits/sae/0",
        "truth digits",
    }


def test_those_that_fail_for_good_stay_failed(text, tmp_path):
    log = SnakemakeLog(tmp_path)
    for line in text.partition("Trying")[0].splitlines():
        log.add(line)
    assert [failure.job.name for failure in log.failures.values()] == BOTH.split(", ")
