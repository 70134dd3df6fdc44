"""Cells of seconds and of their ratios: what the audit must notice of them."""

import pytest

from clustrace.provenance.ledger import read_ledger

SECONDS = "mini.times.idec.digits.seconds"
RATIO = "mini.times.idec.digits.ratio"
BASE = "mini.times.kmeans.digits.ratio"


def rows_of(results):
    return {row.address: row for row in read_ledger(results.path("ledger/mini.csv"))}


def record(results, rule, method, seed):
    return results.record(rule, f"digits/{method}/{seed}")


def test_honest_times_are_what_the_records_say(results):
    rows = rows_of(results)
    seconds, ratio, base = rows[SECONDS], rows[RATIO], rows["mini.times.kmeans.digits.seconds"]
    assert ratio.value == pytest.approx(seconds.value / base.value)
    assert ratio.runs.split() == [*seconds.runs.split(), *base.runs.split()]
    assert ratio.published == 8.0 and ratio.verdict is not None
    assert rows[BASE].value == 1.0 and rows[BASE].verdict is None
    assert results.failed() == set()


@pytest.mark.parametrize(
    ("address", "changed", "check"),
    [
        (RATIO, {"value": "1.5"}, "CELL-003"),
        (RATIO, {"std": "0.001"}, "CELL-003"),
        (RATIO, {"aggregation": "median over seeds, timed on B with 9 threads"}, "CELL-003"),
        (SECONDS, {"aggregation": "mean over seeds"}, "CELL-003"),
        (RATIO, {"printed": "1.5 ± 0.1"}, "CELL-004"),
        (RATIO, {"published": "9.0"}, "CELL-005"),
        (RATIO, {"tolerance": "1.0"}, "CELL-006"),
        (RATIO, {"verdict": "inconclusive"}, "CELL-007"),
        (BASE, {"verdict": "reproduced"}, "CELL-007"),
        (RATIO, {"value": "", "printed": "", "reason": "not run"}, "CELL-009"),
    ],
)
def test_a_forged_time_is_noticed(results, address, changed, check):
    results.change_row(address, **changed)
    results.restate("ledger/mini.csv")
    assert address in {each.subject for each in results.audit().failures(check)}


def test_runs_that_a_ratio_divides_by_cannot_be_chosen(results):
    runs = rows_of(results)[RATIO].runs.replace(" results/mini/runs/digits/kmeans/1", "")
    results.change_row(RATIO, runs=runs)
    failures = {each.subject: each.found for each in results.audit().failures("CELL-009")}
    assert failures[RATIO] == "the run results/mini/runs/digits/kmeans/1 left out"


def test_a_ratio_to_nothing_is_noticed(results):
    runs = " ".join(f"results/mini/runs/digits/idec/{seed}" for seed in range(3))
    results.change_row(RATIO, runs=runs)
    assert RATIO in {each.subject for each in results.audit().failures("CELL-009")}


@pytest.mark.parametrize(("rule", "method"), [("finetune", "idec"), ("cluster", "kmeans")])
def test_without_records_a_ratio_may_be_missing(results, rule, method):
    """The seeds were run, but how long they took is not known any more."""
    for seed in range(3):
        record(results, rule, method, seed).unlink()
    empty = {"value": "", "std": "", "n": "0", "seeds": "", "runs": "", "printed": ""}
    results.change_row(RATIO, **empty, reason="no record tells how long it took")
    assert RATIO not in {each.subject for each in results.audit().failures("CELL-009")}


def test_seconds_of_the_pretraining_do_not_count(results):
    for seed in range(3):
        results.change(record(results, "pretrain", "sae", seed), lambda r: r.update(seconds=0.0))
    wrong = {each.subject for each in results.audit().failures("CELL-003")}
    assert not {SECONDS, RATIO} & wrong


@pytest.mark.parametrize("other", [{"seconds": 0.0}, {"resumed_seconds": 1e-3}])
def test_other_seconds_of_the_fine_tuning_are_noticed(results, other):
    for seed in range(3):
        results.change(record(results, "finetune", "idec", seed), lambda r: r.update(other))
    assert {SECONDS, RATIO} <= {each.subject for each in results.audit().failures("CELL-003")}
