"""Tests of clustrace.cli.beats."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from clustrace.cli.beats import running_beats
from clustrace.files import read_json, write_json
from clustrace.provenance.heartbeat import Heartbeat


@pytest.fixture
def names(tmp_path):
    """Jobs that run, by what lies in a folder with one beat that is changed."""

    def call(*, remote=False, age=0.0, **changes):
        path = tmp_path / "beat.json"
        Heartbeat(path, log=lambda line: None).beat("pretrain usps/sae/0", step=1, steps=2)
        updated = (datetime.now(UTC) - timedelta(seconds=age)).isoformat(timespec="seconds")
        write_json(path, {**read_json(path), "updated": updated, **changes})
        return [beat.job for beat in running_beats(tmp_path, remote=remote)]

    return call


@pytest.fixture
def dead():
    """Number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_living_process(names):
    assert names() == ["pretrain usps/sae/0"]


def test_here_a_process_counts_not_the_time(names, dead):
    assert names(pid=dead) == []


def test_number_given_to_another_process(names):
    assert names(pid=os.getpid(), age=365 * 86400.0) == []


def test_elsewhere_the_time_counts_not_the_process(names, dead):
    assert names(remote=True, pid=dead) == ["pretrain usps/sae/0"]
    assert names(remote=True, age=3600) == []
    assert names(remote=True, updated="") == []


def test_no_folder(tmp_path):
    assert running_beats(tmp_path / "none", remote=False) == []
