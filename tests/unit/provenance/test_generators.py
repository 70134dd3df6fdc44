"""States of the shared random generators."""

from __future__ import annotations

import random
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.random  # not loaded with numpy, but on first use
import pytest
import torch

from clustrace.provenance.generators import describe_generators

DRAWS = {
    "python": lambda: random.random(),
    "numpy": lambda: np.random.rand(),
    "torch": lambda: torch.rand(1),
}


@pytest.mark.parametrize("drawn", list(DRAWS))
def test_a_draw_changes_the_state_of_its_generator_only(drawn: str) -> None:
    before = describe_generators("cpu")
    assert set(before) == set(DRAWS)
    DRAWS[drawn]()
    after = describe_generators("cpu")
    assert {name for name in before if before[name] != after[name]} == {drawn}


def test_equal_seeds_give_equal_states() -> None:
    found = []
    for _ in range(2):
        random.seed(1), np.random.seed(1), torch.manual_seed(1)
        found.append(describe_generators("cpu"))
    assert found[0] == found[1]


def test_second_normal_of_a_pair_belongs_to_the_state_of_numpy() -> None:
    np.random.seed(0)
    np.random.normal()
    with_spare = describe_generators("cpu")
    key = np.random.get_state()[1:3]
    np.random.set_state(("MT19937", *key))
    assert describe_generators("cpu")["numpy"] != with_spare["numpy"]


def test_libraries_that_are_not_loaded_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch")
    assert set(describe_generators("cpu")) == {"python", "numpy"}
    assert "torch" not in sys.modules


@pytest.mark.parametrize(("device", "names"), [("cuda:1", {"cuda"}), ("cpu", set())])
def test_state_of_a_gpu_is_read_for_its_jobs_only(
    monkeypatch: pytest.MonkeyPatch, device: str, names: set[str]
) -> None:
    tensor = torch.zeros(1, dtype=torch.uint8)

    def state(device: str = "") -> Any:
        return tensor

    cuda = SimpleNamespace(is_available=lambda: True, get_rng_state=state)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(get_rng_state=state, cuda=cuda))
    assert set(describe_generators(device)) - {"python", "numpy", "torch"} == names
