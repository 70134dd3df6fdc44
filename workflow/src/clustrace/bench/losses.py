"""Whether two trainings did the same: without equal final losses a time means nothing."""

from __future__ import annotations

import math

#: Largest difference of two final losses that count as equal, as a share of what the training
#: changed in the loss: where it changed little, untrained networks would agree otherwise. Two
#: float32 trainings differ by the order of their sums, and each step builds on the one before;
#: bfloat16 keeps eight bits of a factor.
TOLERANCES = {"float32": 0.01, "bfloat16": 0.1}

#: What :func:`agreement` says of losses that agree.
EQUAL = "equal"


def losses_agree(ours: float, theirs: float, initial: float, tolerance: float) -> bool:
    """Whether two final losses differ by at most a share of what the other training changed."""
    finite = all(map(math.isfinite, (ours, theirs, initial)))
    return finite and abs(ours - theirs) <= tolerance * abs(theirs - initial)


def agreement(ours: float, theirs: float, initial: float, precision: str) -> str:
    """``EQUAL``, or by how much the losses differ.

    Args:
        ours: final loss of one training.
        theirs: final loss of the training that it is held against.
        initial: loss before both.
        precision: precision of ours, which decides how close is equal.
    """
    tolerance = TOLERANCES[precision]
    if losses_agree(ours, theirs, initial, tolerance):
        return EQUAL
    changed = abs(theirs - initial)
    share = abs(ours - theirs) / changed if changed else math.inf
    return f"NOT equal: {share:.1%} of the change apart, allowed {tolerance:.0%}"
