"""How much memory this process has taken."""

from __future__ import annotations

import resource
import sys


def peak_memory_mib(whose: int = resource.RUSAGE_SELF) -> float:
    """Most memory resident at once so far, of this process or of its children."""
    kibibytes = 1024 if sys.platform == "darwin" else 1  # macOS counts bytes, Linux KiB
    return resource.getrusage(whose).ru_maxrss / kibibytes / 1024
