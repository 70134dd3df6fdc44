"""Content in the order and types of JSON, so that what is equal prints alike."""

from __future__ import annotations

import json
from typing import Any


def in_canonical_order(content: Any) -> Any:
    """``content`` as it comes back from JSON with sorted keys."""
    return json.loads(json.dumps(content, sort_keys=True))
