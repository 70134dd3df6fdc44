"""Tests of clustrace.slurm.orphans."""

import pytest

from clustrace.errors import ClustraceError
from clustrace.slurm import orphans as module
from clustrace.slurm.orphans import cancel_orphans, orphans

RUN = "df442857-eaf1-4dd7-a2c5-da9d8d33f2d9"


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """A cluster whose scancel empties the queue, or does not."""
    monkeypatch.setattr(module, "_SECONDS_TO_END", 1.0)
    (tmp_path / "squeue").write_text(f"#!/bin/sh\n[ ! -f {tmp_path}/q ] || /bin/cat {tmp_path}/q\n")
    monkeypatch.setenv("PATH", str(tmp_path))

    def call(rows, *, ends=True):
        (tmp_path / "q").write_text("".join(f"{row}\n" for row in rows))
        remove = f"/bin/rm {tmp_path}/q" if ends else ":"
        (tmp_path / "scancel").write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/asked\n{remove}\n')
        for name in ("squeue", "scancel"):
            (tmp_path / name).chmod(0o755)

    return call


def test_only_snakemakes_jobs_of_this_folder_are_orphans(queue, tmp_path):
    here = tmp_path.resolve()
    queue(
        [
            f"1|clustrace_{RUN}|{here}",
            f"2|clustrace_{RUN}|{here}/other",
            f"3|my own job|{here}",
            f"4|{RUN}|{here}",
        ]
    )
    assert orphans(tmp_path) == ["1", "4"]
    assert cancel_orphans(tmp_path) == ["1", "4"]
    assert (tmp_path / "asked").read_text() == "1 4\n"


def test_nothing_is_cancelled_where_there_are_none(queue, tmp_path):
    queue([])
    assert cancel_orphans(tmp_path) == []
    assert not (tmp_path / "asked").exists()


def test_a_job_that_does_not_end_stops_the_run(queue, tmp_path):
    queue([f"7|{RUN}|{tmp_path.resolve()}"], ends=False)
    with pytest.raises(ClustraceError, match=r"job 7 of an earlier run .* does not end"):
        cancel_orphans(tmp_path)
