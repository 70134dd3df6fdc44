"""The locks in envs/ agree with each other, as they are installed into one environment."""

from pathlib import Path

import pytest

ENVS = Path(__file__).resolve().parents[1] / "envs"


def pinned(name):
    """Versions of each package, on whatever machines."""
    found = {}
    for line in (ENVS / name).read_text(encoding="utf-8").splitlines():
        package, equals, version = line.partition("==")
        if equals and not line.startswith(" "):
            found.setdefault(package, set()).add(version.split()[0])
    return found


@pytest.mark.parametrize("lock", ["lock-dev.txt", "lock-bench.txt"])
def test_a_further_lock_changes_no_version_of_the_main_one(lock):
    main, further = pinned("lock.txt"), pinned(lock)
    shared = main.keys() & further.keys()
    assert len(shared) > 5
    assert not [name for name in shared if not further[name] <= main[name]]


def test_benchmarks_add_the_peer_alone():
    assert pinned("lock-bench.txt").keys() - pinned("lock.txt").keys() == {"clustpy"}
