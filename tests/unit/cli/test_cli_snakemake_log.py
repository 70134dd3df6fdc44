"""Tests of clustrace.cli.snakemake_log, on what Snakemake 9.27 writes."""

import pytest

from clustrace.cli.snakemake_log import Failure, LoggedJob, SnakemakeLog, last_error
from clustrace.provenance.heartbeat import Beat

START = """\
Building DAG of jobs...
Job stats:
job         count
--------  -------
pretrain        1
table           2
total           3

Select jobs to execute...

[Sun Nov 22 04:45:35 2026]
localrule pretrain:
    input: data/processed/digits/300/features.safetensors
    log: results/smoke/logs/pretrain/digits/sae/0.log
    jobid: 7
    wildcards: dataset=digits, method=sae, block=0
    resources: tmpdir=/tmp
"""

ERROR = """\
Error in pretrain: There is no estimator 'Nope'; correct it.
RuleException:
CalledProcessError in file "/somewhere/workflow/rules/pretrain.smk", line 26:
Command 'set -euo pipefail;  python x.py' returned non-zero exit status 1.
[Sun Nov 22 04:45:43 2026]
Error in rule pretrain:
    message: None
    jobid: 7
    input: data/processed/digits/300/features.safetensors
    log: results/smoke/logs/pretrain/digits/sae/0.log (check log file(s) for error details)
"""

END = """\
Exiting because a job execution failed. Look above for error messages
Complete log(s): /somewhere/.snakemake/log/2026.snakemake.log
WorkflowError:
At least one job did not complete successfully.
"""


@pytest.fixture
def read(tmp_path):
    """Feed texts to a log; the log and the sentences it gave."""
    log = SnakemakeLog(tmp_path)

    def feed(*texts):
        events = [log.add(line) for text in texts for line in text.splitlines()]
        return log, [event for event in events if event]

    return feed


def test_counts_before_the_first_job_is_done(read):
    log, events = read(START)
    assert (log.done, log.total, events) == (0, 3, [])
    assert log.counts == {"pretrain": 1, "table": 2}


def test_a_job_runs_from_its_block_until_it_is_finished(read):
    log, _ = read(START)
    assert [job.name for job in log.running.values()] == ["pretrain digits/sae/0"]
    read("[Sun]\nFinished jobid: 7 (Rule: pretrain)\n1 of 3 steps (33%) done\n")
    assert log.running == {}
    assert (log.done, log.total) == (1, 3)


def test_indented_text_after_a_job_is_no_part_of_it(read):
    log, _ = read(START, "Finished jobid: 7 (Rule: pretrain)\n    jobid: 99\n")
    assert log.running == {}


def test_failure_with_the_last_error_of_the_job_log(read, tmp_path):
    path = tmp_path / "results/smoke/logs/pretrain/digits/sae/0.log"
    path.parent.mkdir(parents=True)
    path.write_text("Traceback\nValueError: first\nsome text\ntorch.OutOfMemoryError: no room\n")
    log, events = read(START, ERROR)
    failure = log.failures[7]
    assert failure.job == LoggedJob("pretrain", ("digits", "sae", "0"))
    assert failure.error == "torch.OutOfMemoryError: no room"
    assert failure.log == "results/smoke/logs/pretrain/digits/sae/0.log"
    assert events == [f"failed: {failure.sentence}"]
    assert log.running == {}


def test_error_beside_a_job_log_that_a_retry_has_replaced(read):
    log, events = read(START, ERROR)
    assert log.failures[7].error == "Error: There is no estimator 'Nope'; correct it."
    assert "estimator 'Nope'" in events[0]


def test_a_killed_job_says_nothing(read):
    block = ERROR.partition("\n")[2]
    log, _ = read(START, block)
    assert log.failures[7].error == ""
    assert "killed, or out of memory" in log.failures[7].sentence


def test_error_of_one_job_is_not_told_of_the_next(read):
    block = ERROR.partition("\n")[2]
    log, _ = read(START, ERROR, block.replace("jobid: 7", "jobid: 8"))
    assert log.failures[7].error
    assert log.failures[8].error == ""


def test_retry_takes_a_failure_back(read):
    log, events = read(START, ERROR, "Trying to restart job 7.\n")
    assert log.failures == {}
    assert events[-1] == "trying again: pretrain digits/sae/0"
    read(START.partition("Select")[2], ERROR, END)
    assert list(log.failures) == [7]


def test_problem_that_ended_snakemake(read):
    log, _ = read(START, ERROR, END)
    assert log.problem == "At least one job did not complete successfully."


@pytest.mark.parametrize(
    "text, problem",
    [
        (
            'WorkflowError in file "/x/common.smk", line 19:\nkey 1: unknown;\ndid you mean 2?\n'
            '  File "/x/Snakefile", line 12, in <module>\n  File "/x/common.smk", line 19, in f\n',
            "key 1: unknown;\ndid you mean 2?",
        ),
        ("MissingRuleException:\nNo rule to produce x\n", "No rule to produce x"),
        (
            "usage: x\n__main__.py: error: unrecognized arguments: --x\n",
            "unrecognized arguments: --x",
        ),
        ("Error: profile directory given but not found\n", "profile directory given but not found"),
    ],
)
def test_problems(read, text, problem):
    log, _ = read("Building DAG of jobs...\n", text)
    assert log.problem == problem
    assert not log.locked


def test_lock(read):
    log, _ = read("LockException:\nError: Directory cannot be locked. Please make sure\n/x\n")
    assert log.locked


def test_nothing_to_do(read):
    log, _ = read("Building DAG of jobs...\nNothing to be done (all requested files are there).\n")
    assert log.nothing_to_do
    assert (log.total, log.problem) == (0, "")


def test_job_and_its_signs_of_life():
    job = LoggedJob("pretrain", ("usps", "sae", "0"))
    assert job.is_of(Beat("pretrain usps/sae/0"))
    assert job.is_of(Beat("pretrain usps/sae/0 seed 3"))
    assert not job.is_of(Beat("pretrain usps/sae/0-4 seed 3"))
    assert LoggedJob("summary").name == "summary"


def test_last_error(tmp_path):
    path = tmp_path / "job.log"
    assert last_error(path) == ""
    path.write_text("all is well\nErrors are rare\n")
    assert last_error(path) == ""
    path.write_text("Error: one\nError: two\nKeyError\nthe end\n")
    assert last_error(path) == "KeyError"


def test_failure_in_one_line():
    failure = Failure(LoggedJob("table", ("dcec", "table1")), "a.log", "Error: no room")
    assert failure.sentence == "table dcec/table1: Error: no room (log: a.log)"
