"""States of the random generators that a whole process shares, by hash.

Trainings draw from generators of their own, made from the job's seeds. Equal states before and
after a job show that nothing in it drew from a shared one.
"""

from __future__ import annotations

import hashlib
import random
import sys
from typing import Any

from clustrace.config.base import Model
from clustrace.provenance.base import Sha256


class GeneratorStates(Model):
    """Hashes of the states by generator: `python`, `numpy`, `torch`, `cuda`."""

    before: dict[str, Sha256]
    """As the job began; only of the libraries that it had loaded then."""
    after: dict[str, Sha256]
    """As it ended."""


def describe_generators(device: str) -> dict[str, str]:
    """Hashes of the states of the shared generators of the libraries that are loaded.

    Args:
        device: device of the job; the state of a GPU's generator is read only for a job there.
    """
    states = {"python": repr(random.getstate()).encode()}
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        kind, key, *rest = numpy_random.get_state()
        states["numpy"] = kind.encode() + key.tobytes() + repr(rest).encode()
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        states["torch"] = torch.get_rng_state().numpy().tobytes()
        if device.startswith("cuda") and torch.cuda.is_available():
            states["cuda"] = torch.cuda.get_rng_state(device).numpy().tobytes()
    return {name: hashlib.sha256(state).hexdigest() for name, state in states.items()}
