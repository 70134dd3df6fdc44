"""Tell what a job on a node sees; runs on the node.

``python -m clustrace.preflight.node_child FILE`` writes JSON with the node's name and clock, and
with ``--gpu`` whether torch sees a GPU, or why not.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path


def main() -> None:
    """Write the file as a whole, so that whoever waits for it never reads a part."""
    path = Path(sys.argv[1])
    facts: dict[str, object] = {
        "node": os.environ.get("SLURMD_NODENAME") or socket.gethostname(),
        "gpu": _gpu() if "--gpu" in sys.argv else None,
    }
    facts["clock"] = time.time()
    part = path.with_suffix(".part")
    part.write_text(json.dumps(facts), encoding="utf-8")
    part.replace(path)


def _gpu() -> dict[str, str]:
    try:
        import torch

        torch.zeros(1, device="cuda")
        return {"name": torch.cuda.get_device_name()}
    except Exception as error:  # whatever torch, its libraries or the driver raise
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "not set")
        reason = " ".join(str(error).split()) or type(error).__name__
        return {"reason": f"{reason}; CUDA_VISIBLE_DEVICES is {visible}"}


if __name__ == "__main__":
    main()
