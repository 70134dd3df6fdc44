"""One thread a process: two threads beside another heavy process are slower than one."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
