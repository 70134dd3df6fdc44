"""Say whether the DVC remote of a repository can be reached; apart, as it may hang.

``python -m clustrace.preflight.remote_child ROOT``; CLUSTRACE_REMOTE names another remote.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from clustrace.errors import ClustraceError
from clustrace.provenance.dvc_store import DvcStore


def main() -> None:
    """Print where the remote lies, or a sentence on the standard error."""
    try:
        store = DvcStore(Path(sys.argv[1]), os.environ.get("CLUSTRACE_REMOTE"))
        store.reader()
    except ClustraceError as error:
        sys.exit(str(error))
    print(store.place)


if __name__ == "__main__":
    main()
