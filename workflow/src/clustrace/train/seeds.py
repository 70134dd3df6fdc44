"""Independent random streams from one seed."""

from __future__ import annotations

import zlib

import numpy as np
from sklearn.utils import check_random_state


def base_seed(random_state: int | np.random.RandomState | None) -> int:
    """An integer seed from scikit-learn's ``random_state``; an integer is kept as it is."""
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


def derive_seed(seed: int, stream: str) -> int:
    """Seed of a named stream (``weights``, ``order``, ``noise`` …), independent of the others.

    Adding a stream leaves the numbers of the others as they were.
    """
    state = np.random.SeedSequence([seed, zlib.crc32(stream.encode())]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))
