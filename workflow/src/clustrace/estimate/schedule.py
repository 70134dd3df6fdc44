"""How long a plan's jobs take side by side."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A job as the schedule sees it.

    Attributes:
        seconds: from its start to its end.
        cores: what it takes of the capacity.
        memory_mib: its largest resident memory.
        needs: numbers of the tasks that must end before it starts.
    """

    seconds: float
    cores: int
    memory_mib: float
    needs: tuple[int, ...]


@dataclass(frozen=True)
class Schedule:
    """Tasks side by side.

    Attributes:
        seconds: from the first start to the last end.
        memory_mib: most memory at a time, if each task took its largest all along.
    """

    seconds: float
    memory_mib: float


def schedule(tasks: Sequence[Task], cores: int) -> Schedule:
    """Start whatever can start, the longest chain of needs first, until all is done.

    A task that asks for more than there is gets all of it.
    """
    after: Mapping[int, list[int]] = {number: [] for number in range(len(tasks))}
    waiting = [len(task.needs) for task in tasks]
    for number, task in enumerate(tasks):
        for needed in task.needs:
            after[needed].append(number)
    chain = _chains(tasks, after)
    ready = [(-chain[n], n) for n, count in enumerate(waiting) if count == 0]
    heapq.heapify(ready)
    running: list[tuple[float, int]] = []
    free, now, memory, most = cores, 0.0, 0.0, 0.0
    while ready or running:
        held = []
        while ready and free > 0:
            _, number = candidate = heapq.heappop(ready)
            taken = min(tasks[number].cores, cores)
            if taken > free:
                held.append(candidate)
                continue
            free -= taken
            memory += tasks[number].memory_mib
            heapq.heappush(running, (now + tasks[number].seconds, number))
        for candidate in held:
            heapq.heappush(ready, candidate)
        most = max(most, memory)
        now, number = heapq.heappop(running)
        free += min(tasks[number].cores, cores)
        memory -= tasks[number].memory_mib
        for following in after[number]:
            waiting[following] -= 1
            if waiting[following] == 0:
                heapq.heappush(ready, (-chain[following], following))
    return Schedule(now, most)


def _chains(tasks: Sequence[Task], after: Mapping[int, list[int]]) -> list[float]:
    """Time from the start of each task to the end of all that must follow it.

    Tasks stand behind those that they need.
    """
    chain = [0.0] * len(tasks)
    for number in reversed(range(len(tasks))):
        following = max((chain[n] for n in after[number]), default=0.0)
        chain[number] = tasks[number].seconds + following
    return chain
