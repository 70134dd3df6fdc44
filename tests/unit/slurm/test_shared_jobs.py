"""Jobs that share one on the cluster: what Snakemake 9.27 writes of them, and how it is read."""

import pytest

from clustrace.cli.snakemake_log import SnakemakeLog
from clustrace.config.layout import Layout
from clustrace.slurm.accidents import accidents_of, sentences
from clustrace.slurm.checkpoints import remove_needless
from clustrace.slurm.shared import others_go_on
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


def test_of_many_that_share_a_job_an_accident_names_the_first(text, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    more = "".join(
        f"    rule initialise:\n        jobid: {number}\n        wildcards: dataset=digits, "
        f"method=net-{number}, block=0\n        resources: mem_mb=900, runtime=1\n"
        for number in (8, 9)
    )
    at = "[Sun Nov 29 20:10:01 2026] Group job cluster"
    log = tmp_path / "x.snakemake.log"
    log.write_text(text.replace(at, more + at))
    assert sentences(accidents_of(log))[1] == (
        "  initialise digits/net-8/0 and 3 others (SLURM job 47): failed without a word; tried "
        "again as job 48, 5100 MB instead of 2600, 14 minutes instead of 8."
    )


def test_checkpoints_go_where_the_model_stands(tmp_path):
    layout = Layout(tmp_path)
    for method in ("done", "failed"):
        layout.checkpoints("smoke", "digits", method, "0").mkdir(parents=True)
    layout.heartbeats("smoke").mkdir()
    model = layout.model("smoke", "digits", "done", "0")
    model.parent.mkdir(parents=True)
    model.touch()
    remove_needless(layout, "smoke")
    assert not layout.checkpoints("smoke", "digits", "done", "0").exists()
    assert layout.checkpoints("smoke", "digits", "failed", "0").exists()
    assert layout.heartbeats("smoke").exists()


def test_snakemake_inside_a_shared_job_is_told_to_go_on(monkeypatch):
    from snakemake_executor_plugin_slurm_jobstep import Executor

    monkeypatch.setattr(Executor, "additional_general_args", Executor.additional_general_args)
    others_go_on()
    executor = Executor.__new__(Executor)
    assert executor.additional_general_args() == "--keep-going"


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
