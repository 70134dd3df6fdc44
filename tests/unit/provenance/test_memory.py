"""Tests of clustrace.provenance.memory."""

import resource
import sys
from types import SimpleNamespace

import pytest

from clustrace.provenance.memory import peak_memory_mib


@pytest.mark.parametrize(("system", "mebibytes"), [("linux", 2048.0), ("darwin", 2.0)])
def test_peak_memory_is_in_mebibytes(
    monkeypatch: pytest.MonkeyPatch, system: str, mebibytes: float
) -> None:
    usage = SimpleNamespace(ru_maxrss=2048 * 1024)
    monkeypatch.setattr(resource, "getrusage", lambda whose: usage)
    monkeypatch.setattr(sys, "platform", system)
    assert peak_memory_mib() == mebibytes
