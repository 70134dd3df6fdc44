"""Plan a workflow in a process of its own, and print the memory that it took at most.

``python -m clustrace.bench.plan_child ARGUMENTS`` is ``snakemake -n ARGUMENTS``; the last line is
the peak of resident memory in MiB.
"""

from __future__ import annotations

import sys

from snakemake.cli import main

from clustrace.bench.processes import peak_mib

if __name__ == "__main__":
    try:
        main(["-n", *sys.argv[1:]])
    except SystemExit as end:
        if end.code:
            raise
    print(peak_mib())
