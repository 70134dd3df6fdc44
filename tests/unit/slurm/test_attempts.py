"""Tests of clustrace.slurm.attempts."""

import pytest

from clustrace.files import write_json
from clustrace.slurm.attempts import memory_after, minutes_after

START = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def after(tmp_path):
    """Memory and minutes of the next attempt, after a last sign of life."""

    def call(estimated=(1000, 10), **beat):
        path = tmp_path / "beat.json"
        if beat:
            given = {"job": "pretrain", "memory_mb": 1500, "minutes": 20, "started": START}
            write_json(path, {"updated": "2026-01-01T00:05:00+00:00", **given, **beat})
        return memory_after(path, estimated[0]), minutes_after(path, estimated[1])

    return call


def test_without_an_earlier_attempt_the_estimate_stands(after):
    assert after() == (1000, 10)


def test_a_job_killed_without_a_word_gets_twice_its_memory(after):
    assert after(ended="") == (3000, 10)
    assert after(ended="", estimated=(9000, 10)) == (9000, 10)


def test_a_job_that_could_say_why_it_ended_gets_as_much_as_before(after):
    assert after(ended="The disk is full.") == (1000, 10)


def test_a_job_out_of_time_gets_twice_its_time(after):
    updated = "2026-01-01T00:19:00+00:00"
    assert after(ended="The job was asked to end.", updated=updated) == (1000, 40)
    assert after(ended="", updated=updated) == (1000, 40)


def test_what_nobody_limited_cannot_have_been_too_little(after):
    assert after(memory_mb=None, minutes=None) == (1000, 10)
