"""Jobs side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustrace.estimate.schedule import Task, schedule


def task(seconds: float, *needs: int, cores: int = 1) -> Task:
    return Task(seconds, cores, 100.0, needs)


def test_a_chain_takes_as_long_as_its_parts() -> None:
    chain = [task(3), task(4, 0), task(5, 1)]
    assert schedule(chain, 8).seconds == 12
    assert schedule(chain, 8).memory_mib == 100


def test_the_longest_chain_starts_first() -> None:
    tasks = [task(1), task(1), task(1), task(9, 2)]
    found = schedule(tasks, 2)
    assert (found.seconds, found.memory_mib) == (10, 200)


def test_threads_count_and_more_than_there_are_get_all() -> None:
    assert schedule([task(5, cores=2), task(5, cores=2)], 3).seconds == 10
    assert schedule([task(5, cores=64), task(5)], 4).seconds == 10


def test_nothing_takes_no_time() -> None:
    assert schedule([], 2).seconds == 0


@given(
    st.lists(st.tuples(st.floats(0.1, 100), st.integers(1, 5), st.booleans()), min_size=1),
    st.integers(1, 4),
)
def test_no_schedule_beats_its_work_or_its_longest_task(
    drawn: list[tuple[float, int, bool]], cores: int
) -> None:
    tasks = [
        task(seconds, *([number - 1] if follows and number else []), cores=asked)
        for number, (seconds, asked, follows) in enumerate(drawn)
    ]
    found = schedule(tasks, cores).seconds
    work = sum(t.seconds * min(t.cores, cores) for t in tasks)
    least = max(work / cores, max(t.seconds for t in tasks))
    assert least <= found * (1 + 1e-9)
    assert found <= sum(t.seconds for t in tasks) * (1 + 1e-9)
    assert schedule(tasks, 1).seconds == pytest.approx(sum(t.seconds for t in tasks))
