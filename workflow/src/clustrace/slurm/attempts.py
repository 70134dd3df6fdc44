"""What the next attempt at a job asks for, by what the last one left behind."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from clustrace.provenance.heartbeat import Beat, read_beat

_GROWTH = 2
#: A job that used so much of its time was at its end for that reason.
_NEARLY = 0.9


def memory_after(last: Path, estimated: int) -> int:
    """Memory in MB: twice as much as a job had that was killed before it could say a word."""
    beat = read_beat(last)
    if beat is None or beat.ended or beat.memory_mb is None or _out_of_time(beat):
        return estimated
    return max(estimated, _GROWTH * beat.memory_mb)


def minutes_after(last: Path, estimated: int) -> int:
    """Time limit in minutes: twice as long as a job had that ended at the end of its time."""
    beat = read_beat(last)
    if beat is None or beat.minutes is None or not _out_of_time(beat):
        return estimated
    return max(estimated, _GROWTH * beat.minutes)


def _out_of_time(beat: Beat) -> bool:
    try:
        started, ended = map(datetime.fromisoformat, (beat.started, beat.updated))
    except ValueError:
        return False
    minutes = (ended - started).total_seconds() / 60
    return beat.minutes is not None and minutes >= _NEARLY * beat.minutes
