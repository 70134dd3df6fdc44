"""What holds for all tests."""

import os
import signal

from hypothesis import settings

# Two threads beside another heavy process are slower than one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Started in the background by a shell, tests would inherit that Ctrl-C is ignored, and so would
# the programs whose answer to it they check.
signal.signal(signal.SIGINT, signal.default_int_handler)

# On a busy machine a slow example is no fault; in CI the examples are the same each time.
settings.register_profile("clustrace", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("clustrace")
