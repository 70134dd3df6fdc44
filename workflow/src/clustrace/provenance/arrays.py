"""Ledger rows of the arrays that a figure draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clustrace.data.fingerprint import arrays_sha256
from clustrace.provenance.ledger import LedgerRow, address


def array_row(
    slugs: Mapping[str, str],
    *,
    protocol: str,
    content: Mapping[str, np.ndarray],
    runs: str,
    seeds: str,
    aggregation: str,
    reason: str,
) -> LedgerRow:
    """Ledger row of what one panel or curve shows, or of why there is none.

    Args:
        slugs: Slugs of paper, figure (as ``table``), method or line (``row``), data set or column
            (``column``) and array (``metric``).
        protocol: Slug of the protocol under which it was made.
        content: The arrays that are drawn, with a row for each point; none if it is missing.
        runs: Folders of the runs, and files of true labels, that they are of, separated by spaces.
        seeds: Seeds that they are of, separated by spaces.
        aggregation: How they were made from these.
        reason: Why there is nothing to draw.
    """
    found: dict[str, Any] = {}
    if content:
        found = {
            "content_sha256": arrays_sha256(content),
            "n": len(next(iter(content.values()))),
            "seeds": seeds,
            "runs": runs,
            "aggregation": aggregation,
        }
    return LedgerRow(
        address=address(**slugs), **slugs, protocol=protocol, kind="array", reason=reason, **found
    )
