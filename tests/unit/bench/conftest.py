"""Sections with made-up figures."""

from collections.abc import Callable

import pytest

from clustrace.bench.results import (
    Circumstances,
    Column,
    Findings,
    Goal,
    Section,
    Spread,
    Table,
)

MakeSection = Callable[..., Section]


@pytest.fixture
def make_section() -> MakeSection:
    def make(*, date: str = "2030-01-01T00:00:00+00:00", milliseconds=(2.0, 1.0, 4.0), **changes):
        circumstances = Circumstances(
            date=date,
            seconds=12.3,
            quick=False,
            machine="a machine",
            cpu_capability="AVX2",
            cpu_flags=("avx2",),
            usable_cores=2,
            load_before=0.5,
            load_after=1.5,
            cores_of_others=0.0,
            python="3.11.7",
            versions={"torch": "2.0"},
            commit="0123456789abcdef" * 2 + "01234567",
            edited=False,
        ).model_copy(update=changes)
        table = Table(
            title="Steps",
            columns=(
                Column(key="net", title="net"),
                Column(key="step", title="step", unit="ms", decimals=2),
                Column(key="threads", title="threads", decimals=0),
                Column(key="loss", title="loss"),
            ),
            rows=({"net": "a|b", "step": Spread.of(milliseconds), "threads": 2, "loss": None},),
        )
        goal = Goal(text="A step takes 3 ms", verdict="missed", detail="4 ms.")
        return Section(
            title="Nets",
            circumstances=circumstances,
            findings=Findings(tables=(table,), goals=(goal,), notes=("A note.",)),
        )

    return make
