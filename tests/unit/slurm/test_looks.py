"""Tests of clustrace.slurm.looks."""

import pytest
from snakemake_executor_plugin_slurm import Executor

from clustrace.slurm.looks import look_every


@pytest.fixture
def executor(monkeypatch):
    """An executor that is never started; its class is as before afterwards."""
    own = Executor.next_seconds_between_status_checks
    monkeypatch.setattr(Executor, "next_seconds_between_status_checks", own)
    return Executor.__new__(Executor)


@pytest.mark.parametrize(("wanted", "waited"), [(3, 3), (5, 5), (45, 5), (180, 5)])
def test_looks_are_never_further_apart(executor, wanted, waited):
    look_every(5)
    executor.next_seconds_between_status_checks = wanted
    assert executor.next_seconds_between_status_checks == waited


def test_without_it_the_executor_waits_as_long_as_it_wants(executor):
    executor.next_seconds_between_status_checks = 180
    assert executor.next_seconds_between_status_checks == 180
