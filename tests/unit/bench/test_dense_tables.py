"""Tests of clustrace.bench.dense_tables."""

import pytest

from clustrace.bench import dense_tables
from clustrace.bench.dense_tables import (
    PAPER,
    PEER,
    Comparison,
    bfloat16_goal,
    float32_goal,
    loss_table,
    paper_table,
    time_table,
)
from clustrace.bench.timing import Timed
from clustrace.bench.workload import DEC_TASK, SAE_TASK


def timed(step, loss=0.5, **more):
    return Timed(steps=(step,) * 4, waits=more.pop("waits", ()), loss=loss, **more)


def compared(task=SAE_TASK, *, float32=0.010, bfloat16=0.004, peer=0.012, loss=0.5):
    turns = {
        PEER: [timed(peer, waits=(0.001,) * 4), timed(2 * peer, waits=(0.002,) * 4)],
        "float32": [timed(float32, loss=loss), timed(2 * float32)],
        "bfloat16": [timed(bfloat16), timed(2 * bfloat16)],
        PAPER: [timed(float32, None, updates=(0.7,)), timed(float32, None, updates=(0.7,))],
    }
    return Comparison(task, 1, 1.0, turns)


def test_times_and_their_ratios_within_a_turn():
    row = time_table([compared()]).rows[0]
    assert row["step"].median == pytest.approx(15)
    assert row["peer-step"].median == pytest.approx(18)
    assert row["peer-wait"].median == pytest.approx(1.5)
    assert row["epoch"].median == pytest.approx(0.06)
    assert row["peer-epoch"].median == pytest.approx(0.078)
    assert row["step-ratio"].median == pytest.approx(1.2)
    assert row["epoch-ratio"].median == pytest.approx(1.3)
    assert row["loss"] == "equal"


def test_an_epoch_of_the_paper_contains_its_share_of_the_updates():
    [row] = paper_table([compared(), compared(DEC_TASK)]).rows
    assert row["training"] == DEC_TASK.title
    assert row["update"].median == pytest.approx(700)
    assert row["epoch"].median == pytest.approx(4 * 0.010 + 0.7 * 4 / 140)


def test_goal_in_float32():
    met = float32_goal([compared(), compared(DEC_TASK)])
    assert met.verdict == "met"
    missed = float32_goal([compared(), compared(DEC_TASK, float32=0.020)])
    assert missed.verdict == "missed"
    assert "0.65 times as fast" in missed.detail
    assert DEC_TASK.title in missed.detail


def test_without_equal_losses_no_goal_is_shown():
    goal = float32_goal([compared(), compared(DEC_TASK, loss=0.7)])
    assert goal.verdict == "not shown"
    assert DEC_TASK.title in goal.detail
    verdicts = [row["verdict"] for row in loss_table([compared(loss=0.7)]).rows]
    assert verdicts[0].startswith("NOT equal")
    assert verdicts[1] == "equal"


@pytest.mark.parametrize(
    ("amx", "bfloat16", "verdict"),
    [(True, 0.004, "met"), (True, 0.009, "missed"), (False, 0.004, "not shown")],
)
def test_goal_in_bfloat16(monkeypatch, amx, bfloat16, verdict):
    monkeypatch.setattr(dense_tables, "has_amx", lambda: amx)
    assert bfloat16_goal([compared(bfloat16=bfloat16)]).verdict == verdict
