"""How tables print the evidence of a number: a sign in the cell, and what the signs mean."""

from __future__ import annotations

from clustrace.provenance.evidence import Rung
from clustrace.provenance.ledger import LedgerRow

_SIGNS = "○①②③④⑤"
_MEANING = {
    Rung.RECORDED: "the jobs behind it left records",
    Rung.HASHES: "its files have the hashes of their records",
    Rung.PREDICTIONS: "recomputed from the stored label vectors",
    Rung.WEIGHTS: "the label vectors recomputed from the stored weights",
    Rung.RETRAINED: "the training repeated",
}
#: Stands for the rung of a number whose runs left no record.
NO_EVIDENCE = "no record"

LEGEND = (
    f"Evidence, each with those before it: {_SIGNS[0]} {NO_EVIDENCE}; "
    + "; ".join(f"{_SIGNS[rung.height]} {rung}: {meaning}" for rung, meaning in _MEANING.items())
    + "."
)


def evidence_sign(row: LedgerRow) -> str:
    """Sign of a number's rung; empty where there is no number."""
    if row.value is None:
        return ""
    return _SIGNS[row.evidence.height if row.evidence else 0]


def evidence_word(row: LedgerRow) -> str:
    """Name of a number's rung; empty where there is no number."""
    if row.value is None:
        return ""
    return row.evidence.value if row.evidence else NO_EVIDENCE
