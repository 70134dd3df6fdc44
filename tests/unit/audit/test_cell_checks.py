"""Scores, cells, verdicts, claims and arrays: what each check must notice."""

import json

import numpy as np
import pytest

from clustrace.audit.model import Level
from clustrace.provenance.evidence import Rung

CELL = "mini.table1.idec.digits.acc"
UNPRINTED = "mini.table1.idec.digits.nmi"
LEAD = "mini.table1.kmeans-over-sae.digits.acc"
CLAIM = "mini.claims.pixels-suffice.all.all"
TAU = "mini.table1.kendall-tau.digits.acc"
CURVE = "mini.curves.sae.digits.loss"
MAP = "mini.map.idec.digits.tsne"
BY_CLASSES = "mini.classes.idec.digits.tsne"
OF_FEATURES = "mini.classes.features.digits.tsne"
PLANE = "mini.plane.plane.digits.plane"
SIZES = "mini.sizes.classes.digits.sizes"
OVER_TIME = "mini.over-time.idec.digits.acc"
SWEPT = "mini.swept.starts.digits.nmi"
NEAR = "mini.table1.idec-near-sae-0-05.digits.acc"
RISE = "mini.table1.idec-over-its-start.digits.nmi"
LEAST = "mini.table1.kmeans-at-least-0-5.digits.acc"
MOST = "mini.table1.idec-at-most-0-4.digits.acc"
SOMETIMES = "mini.claims.sometimes.all.all"


def row(address, **fields):
    def tamper(results):
        results.change_row(address, **fields)
        results.restate("ledger/mini.csv")

    tamper.__name__ = f"{address.split('.')[2]}-{'-'.join(fields)}"
    return tamper


def scores(method, seed, **fields):
    def tamper(results):
        path = f"runs/digits/{method}/{seed}/metrics.json"

        def edit(content):
            content["seeds"][str(seed)].update(fields)

        results.change(results.path(path), edit)
        results.restate(path)

    tamper.__name__ = f"scores-{'-'.join(fields)}"
    return tamper


def better_labels(results):
    """Label vectors replaced by those of another run, hashes forged again."""
    source = results.path("runs/digits/kmeans/0/predictions.safetensors.gz")
    target = "runs/digits/idec/0/predictions.safetensors.gz"
    results.write(results.path(target), source.read_bytes())
    results.restate(target)


def scores_over_time(results):
    path = "runs/digits/idec/0/metrics.json"

    def edit(content):
        content["seeds"]["0"]["trajectory"][1]["acc"] = 0.99

    results.change(results.path(path), edit)


def a_seed_said_to_have_failed(results):
    def edit(content):
        outcome = {"status": "diverged", "reason": "the loss", "origin": "finetune"}
        content["failures"]["1"] = outcome
        del content["seeds"]["1"]

    results.change(results.path("runs/digits/idec/1/metrics.json"), edit)


def worst_seed_dropped(results):
    """Value and spread fit the two seeds that are left, and every hash does."""
    values = {
        seed: json.loads(results.path(f"runs/digits/idec/{seed}/metrics.json").read_text())
        for seed in (0, 1, 2)
    }
    kept = sorted(values, key=lambda seed: values[seed]["seeds"][str(seed)]["acc"])[1:]
    results.change_row(
        CELL, n="2", seeds=" ".join(map(str, sorted(kept))),
        runs=" ".join(f"results/mini/runs/digits/idec/{seed}" for seed in sorted(kept)),
    )  # fmt: skip


def runs_of_another_method(results):
    results.change_row(
        CELL, runs=" ".join(f"results/mini/runs/digits/kmeans/{seed}" for seed in range(3))
    )


def a_seed_without_run(results):
    for rule in ("evaluate", "finetune"):
        results.record(rule, "digits/idec/2").unlink()
    results.change_row(CELL, n="2", seeds="0 1", reason="")


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        (scores("kmeans", 0, acc=0.99), "CELL-002"),
        (scores("kmeans", 0, largest_cluster=3), "CELL-002"),
        (scores("idec", 0, iterations=1), "CELL-002"),
        (scores("idec", 0, capped=False), "CELL-002"),
        (better_labels, "CELL-002"),
        (scores_over_time, "CELL-002"),
        (a_seed_said_to_have_failed, "CELL-002"),
        (row(CELL, value="0.5012"), "CELL-003"),
        (row(CELL, std="0.001"), "CELL-003"),
        (row(CELL, n="4"), "CELL-003"),
        (row(CELL, seeds="0 1 3"), "CELL-003"),
        (row(CELL, aggregation="best of three"), "CELL-003"),
        (row(CELL, printed="50.12 ± 0.10"), "CELL-004"),
        (row(CELL, rounding="percent, 0 decimals, half to even"), "CELL-004"),
        (row(CELL, rounding="upwards"), "CELL-004"),
        (row(TAU, printed="1.00"), "CELL-004"),
        (row(LEAD, printed="+99.00 ± 0.10"), "CELL-004"),
        (row(CELL, published="25.0"), "CELL-005"),
        (row(CELL, published_printed="25.00"), "CELL-005"),
        (row(CELL, place="Table 2"), "CELL-005"),
        (row(UNPRINTED, published="20.0", published_unit="percent"), "CELL-005"),
        (row(CELL, difference="0.0001"), "CELL-006"),
        (row(CELL, tolerance="0.04"), "CELL-006"),
        (row(CELL, tolerance=""), "CELL-006"),
        (row(CELL, tolerance_from="a guess"), "CELL-006"),
        (row(CELL, verdict="reproduced"), "CELL-007"),
        (row(CELL, verdict=""), "CELL-007"),
        (row(TAU, value="1.0"), "CELL-008"),
        (row(TAU, n="4"), "CELL-008"),
        (row(LEAD, value="0.99"), "CELL-008"),
        (row(LEAD, p_value="0.5"), "CELL-008"),
        (row(LEAD, published="-1.0"), "CELL-008"),
        (row(NEAR, value="0.049"), "CELL-008"),
        (row(NEAR, published="0.0"), "CELL-008"),
        (row(RISE, value="0.4"), "CELL-008"),
        (row(RISE, published="1.0"), "CELL-008"),
        (row(LEAST, p_value="0.04"), "CELL-008"),
        (row(LEAST, published="0.5"), "CELL-008"),
        (row(MOST, value="0.7"), "CELL-008"),
        (row(MOST, n="2"), "CELL-008"),
        (row(SOMETIMES, verdict="fails"), "CELL-008"),
        (row(SOMETIMES, published="0.5"), "CELL-008"),
        (row(CLAIM, verdict="fails"), "CELL-008"),
        (row(CLAIM, value="0.5"), "CELL-008"),
        (row(CLAIM, printed="1 of 2"), "CELL-008"),
        (row(CLAIM, published="0.5"), "CELL-008"),
        (worst_seed_dropped, "CELL-009"),
        (runs_of_another_method, "CELL-009"),
        (a_seed_without_run, "CELL-009"),
        (row(CELL, value="", printed="", reason="diverged: the loss"), "CELL-009"),
        (row(CURVE, content_sha256="0" * 64), "CELL-011"),
        (row(MAP, content_sha256="0" * 64), "CELL-011"),
        (row(MAP, n="41"), "CELL-011"),
        (row(CURVE, content_sha256="", reason=""), "CELL-011"),
        *(
            (row(address, content_sha256="0" * 64), "CELL-011")
            for address in (BY_CLASSES, OF_FEATURES, PLANE, SIZES, OVER_TIME, SWEPT)
        ),
        (row(BY_CLASSES, runs="results/mini/runs/digits/idec/0"), "CELL-011"),
        (row(SIZES, content_sha256="", n="0", reason="unreachable"), "CELL-011"),
        (row(SWEPT, content_sha256="", n="0", reason="not computed"), "CELL-011"),
        (row(SWEPT, runs="results/mini/runs/digits/kmeans/0"), "CELL-011"),
        (row(OVER_TIME, seeds="1"), "CELL-011"),
    ],
)  # fmt: skip
def test_what_must_be_noticed(results, tamper, check):
    tamper(results)
    assert check in results.failed()


def test_a_panel_with_other_clusters_is_noticed(results):
    path = "runs/digits/idec/0/embedding-40.safetensors"
    results.change_arrays(path, lambda arrays: arrays["clusters"].sort())
    assert "CELL-011" in results.failed()


@pytest.mark.parametrize(
    ("path", "edit"),
    [
        ("plane/0/embedding-60", lambda arrays: arrays["points"].__imul__(2)),
        ("plane/0/embedding-60", lambda arrays: arrays["index"].__iadd__(1)),
        ("features/0/embedding-50", lambda arrays: arrays.update(embedding=np.ones((50, 64)))),
        ("features/0/embedding-50", lambda arrays: arrays["index"].__iadd__(1)),
        ("features/0/embedding-50", lambda arrays: arrays["points"].__imul__(2)),
    ],
)
def test_points_of_another_plane_or_of_other_samples_are_noticed(results, path, edit):
    results.change_arrays(f"runs/digits/{path}.safetensors", edit)
    assert "CELL-011" in results.failed()


def test_other_true_classes_in_a_figure_are_noticed(results):
    """The figure's array is hashed anew from labels that were altered, or kept from before."""
    results.change_arrays("truth/digits.safetensors.gz", lambda arrays: arrays["labels"].sort())
    failures = {each.subject for each in results.audit().failures("CELL-011")}
    assert {BY_CLASSES, OF_FEATURES} <= failures
    assert SIZES not in failures, "sizes stay as they were"


def test_other_scores_over_time_in_a_figure_are_noticed(results):
    scores_over_time(results)
    assert OVER_TIME in {each.subject for each in results.audit().failures("CELL-011")}


def test_a_cell_that_a_sweep_does_not_show_as_it_is_is_noticed(results):
    results.change_row("mini.table1.kmeans.digits.nmi", value="0.5")
    assert SWEPT in {each.subject for each in results.audit().failures("CELL-011")}


@pytest.mark.parametrize("rung", [Rung.HASHES, Rung.PREDICTIONS, Rung.RETRAINED])
def test_evidence_that_no_audit_found_is_noticed(results, rung):
    results.change_row(CELL, evidence=rung.value)
    assert "CELL-010" in results.failed(level=Level.HASHES)


def test_a_rung_that_there_is_not_is_noticed(results):
    results.change_row(CELL, evidence="certain")
    assert "CELL-010" in results.failed(level=Level.HASHES)


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace(f"{CELL},", "mini.table1.idec.digits.ari,", 1),
        lambda text: "".join(line for line in text.splitlines(True) if not line.startswith(CELL)),
        lambda text: text + next(li for li in text.splitlines(True) if li.startswith(CELL)),
        lambda text: text.replace("digits,acc,mini,", "digits,acc,paper,", 1),
        lambda text: text.replace(",cell,", ",sell,", 1),
        lambda text: text.replace("value,", "worth,", 1),
        lambda text: text.replace(",3,0 1 2,", ",three,0 1 2,", 1),
    ],
)
def test_a_ledger_that_is_not_whole_is_noticed(results, edit):
    path = results.path("ledger/mini.csv")
    text = path.read_text()
    assert edit(text) != text
    results.write(path, edit(text).encode())
    assert "CELL-013" in results.failed(level=Level.HASHES)


def incomplete(results):
    """Cells of the table of scores that count other seeds than were run."""
    found = [each.subject for each in results.audit().failures("CELL-009")]
    return [address for address in found if address.startswith("mini.table1.")]


def test_fewer_seeds_than_planned_need_a_reason(results):
    """The last seed was never run: nothing but the plan tells of it."""
    for rule in ("evaluate", "finetune"):
        results.record(rule, "digits/idec/2").unlink()
    for metric in ("acc", "nmi"):
        results.change_row(
            f"mini.table1.idec.digits.{metric}",
            seeds="0 1", n="2",
            runs="results/mini/runs/digits/idec/0 results/mini/runs/digits/idec/1",
            reason="too few seeds for a verdict (2 of at least 3)",
        )  # fmt: skip
    assert incomplete(results) == ["mini.table1.idec.digits.acc", "mini.table1.idec.digits.nmi"]
    for metric in ("acc", "nmi"):
        results.change_row(
            f"mini.table1.idec.digits.{metric}",
            reason="seed 2: not computed yet; too few seeds for a verdict (2 of at least 3)",
        )
    assert incomplete(results) == []
