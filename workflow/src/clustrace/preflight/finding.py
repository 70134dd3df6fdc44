"""What a check found."""

from __future__ import annotations

from enum import StrEnum

from clustrace.config.base import Model


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


class Finding(Model):
    """What a check found: its name, its state, and a sentence with the next step."""

    check: str
    state: State
    sentence: str


def ok(check: str, sentence: str) -> Finding:
    """All is well."""
    return Finding(check=check, state=State.OK, sentence=sentence)


def warning(check: str, sentence: str) -> Finding:
    """A run works, but something is worth knowing."""
    return Finding(check=check, state=State.WARNING, sentence=sentence)


def failed(check: str, sentence: str) -> Finding:
    """A run would fail."""
    return Finding(check=check, state=State.FAILED, sentence=sentence)
