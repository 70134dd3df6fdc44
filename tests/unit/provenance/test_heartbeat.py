"""Tests of clustrace.provenance.heartbeat."""

import os
import signal
import subprocess
import sys
import time

import pytest

from clustrace.files import read_json
from clustrace.provenance import heartbeat as module
from clustrace.provenance.heartbeat import Asked, Heartbeat, read_beats


def _silent(line):
    pass


def test_a_job_that_ends_in_order_leaves_nothing(tmp_path):
    with Heartbeat(tmp_path / "a.json", _silent) as heartbeat:
        heartbeat.beat("pretrain usps/sae/0")
        [beat] = read_beats(tmp_path)
        assert (beat.pid, beat.ended) == (os.getpid(), "")
        assert beat.started <= beat.updated
    assert read_beats(tmp_path) == []


def test_a_job_that_fails_says_why(tmp_path):
    asked = Asked(memory_mb=900, minutes=7)
    with (
        pytest.raises(ZeroDivisionError),
        Heartbeat(tmp_path / "a.json", _silent, asked) as heartbeat,
    ):
        heartbeat.beat("pretrain usps/sae/0", step=3, steps=9)
        raise ZeroDivisionError
    [beat] = read_beats(tmp_path)
    assert (beat.ended, beat.step) == ("ZeroDivisionError", 3)
    assert (beat.memory_mb, beat.minutes) == (900, 7)


def test_a_silent_job_gives_signs_and_its_peak_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_SIGNS", 0.01)
    path = tmp_path / "a.json"
    with Heartbeat(path, _silent) as heartbeat:
        heartbeat.beat("cluster usps/kmeans/0", phase="a")
        before = read_json(path)["peak_memory_mib"]
        monkeypatch.setattr(module, "peak_memory_mib", lambda *_: before + 60)
        while (now := read_json(path))["peak_memory_mib"] != before + 60:
            time.sleep(0.01)
        assert now["phase"] == "a"


@pytest.mark.parametrize(
    ("number", "ended"), [(signal.SIGTERM, "asked to end"), (signal.SIGKILL, "")]
)
def test_only_a_killed_job_leaves_no_end_mark(tmp_path, number, ended):
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from clustrace.provenance.heartbeat import Heartbeat\n"
        "with Heartbeat(Path(sys.argv[1]), print) as heartbeat:\n"
        "    heartbeat.beat('a')\n"
        "    os.kill(os.getpid(), int(sys.argv[2]))\n"
    )
    path = tmp_path / "a.json"
    done = subprocess.run([sys.executable, "-c", code, str(path), str(int(number))])
    assert done.returncode == -number
    [beat] = read_beats(tmp_path)
    assert ended in beat.ended and bool(ended) == bool(beat.ended)
