"""Reading safetensors files without the library that wrote them.

Eight bytes give the length of a JSON header, the header names type, shape and place of each
array, and the arrays' bytes follow, little-endian.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GZIP = b"\x1f\x8b"
_METADATA = "__metadata__"
_KEY = "clustrace"
_TYPES = {
    **{f"{kind}{8 * size}": f"<{code}{size}" for kind, code in (("I", "i"), ("U", "u"))
       for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": f"<f{size}" for size in (2, 4, 8)},
    "BOOL": "|b1",
    # NumPy has no such type; equality of the bits is all that is asked of it.
    "BF16": "<u2",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Arrays:
    """Content of an artefact: how its making ended, facts about it, and its arrays by name."""

    outcome: Mapping[str, Any]
    about: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    @property
    def ok(self) -> bool:
        """True if there is a result."""
        return self.outcome.get("status") == "ok"

    @property
    def failures(self) -> Mapping[str, Any]:
        """Outcomes of the seeds that have no result."""
        found = self.about.get("failures", {})
        return found if isinstance(found, Mapping) else {}


def read_arrays(content: bytes) -> Arrays:
    """Arrays of a safetensors file, plain or compressed by gzip; they share its memory.

    Raises:
        ValueError: it is truncated or no such file.
    """
    if content[:2] == _GZIP:
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"its compression is broken: {error}") from error
    header, start = _header(content)
    metadata = header.pop(_METADATA, {})
    arrays = {name: _array(name, entry, content, start) for name, entry in header.items()}
    facts = json.loads(metadata[_KEY]) if _KEY in metadata else {}
    if not isinstance(facts, dict):
        raise ValueError("its facts are no mapping")
    return Arrays(facts.get("outcome", {"status": "ok"}), facts.get("about", {}), arrays)


def _header(content: bytes) -> tuple[dict[str, Any], int]:
    length = int.from_bytes(content[:8], "little")
    start = 8 + length
    if len(content) < 8 or start > len(content):
        raise ValueError("it is truncated")
    header = json.loads(content[8:start])
    if not isinstance(header, dict) or not all(isinstance(v, dict) for v in header.values()):
        raise ValueError("its header is no mapping of arrays")
    return header, start


def _array(name: str, entry: Mapping[str, Any], content: bytes, start: int) -> NDArray[Any]:
    try:
        dtype = np.dtype(_TYPES[entry["dtype"]])
        shape = tuple(map(int, entry["shape"]))
        first, last = map(int, entry["data_offsets"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"its array {name!r} is not described") from error
    if not 0 <= first <= last <= len(content) - start:
        raise ValueError(f"its array {name!r} is truncated")
    if last - first != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"its array {name!r} has {last - first} bytes for the shape {shape}")
    flat = np.frombuffer(content, dtype, math.prod(shape), start + first)
    return flat.reshape(shape)
