"""Ledger rows from published numbers and our scores."""

from statistics import fmean, stdev

import pytest

from clustrace.config.papers import Column, Metric, Paper, PublishedNumber, Row, Table
from clustrace.config.protocols import Protocol
from clustrace.errors import ConfigError, StorageError
from clustrace.evaluate.verdicts import VerdictKind
from clustrace.provenance.cells import build_rows
from clustrace.provenance.measured import MethodResult, SeedScores

ROWS = ("kmeans", "cae", "dec", "dcec", "spectral")
PAPER = Paper(
    slug="dcec",
    title="Deep clustering",
    authors=["Guo"],
    year=2017,
    venue="ICONIP",
    tables=[
        Table(
            slug="table1",
            printed="Table 1",
            caption="Results",
            rows=[
                Row(slug=slug, printed=slug, method=None if slug == "spectral" else f"m-{slug}")
                for slug in ROWS
            ],
            columns=[Column(slug="digits", printed="USPS", dataset="usps")],
            metrics=[
                Metric(slug="acc", printed="ACC", metric="acc", unit="percent", decimals=2),
                Metric(slug="nmi", printed="NMI", metric="nmi", unit="percent", decimals=2),
            ],
        )
    ],
)


def protocol(*, verdicts=True):
    return Protocol(
        slug="paper", title="Paper", stamp="As published.", seeds=5, seeds_per_job=5,
        verdicts=verdicts,
    )  # fmt: skip


def number(row, value, metric="acc"):
    return PublishedNumber(
        table="table1", row=row, column="digits", metric=metric, value=value, decimals=2,
        place="Table 1, page 7",
    )  # fmt: skip


def result(*accuracies, reason=""):
    members = tuple(
        SeedScores(seed, {"acc": acc, "nmi": acc / 2}, "runs/usps/0-4")
        for seed, acc in enumerate(accuracies)
    )
    return MethodResult(members, reason)


def ledger(results, published=(), *, verdicts=True):
    keyed = {(f"m-{row}", "usps"): found for row, found in results.items()}
    rows = build_rows(PAPER, published, keyed, protocol=protocol(verdicts=verdicts))
    return {row.address: row for row in rows}


def test_a_computed_cell_holds_all_that_it_was_made_from():
    values = [0.79, 0.80, 0.81]
    row = ledger({"dcec": result(*values)}, [number("dcec", 79.0)])["dcec.table1.dcec.digits.acc"]
    assert row.value == fmean(values)
    assert row.std == stdev(values)
    assert (row.n, row.seeds, row.runs) == (3, "0 1 2", "runs/usps/0-4")
    assert row.printed == "80.00 ± 1.00"
    assert row.rounding == "percent, 2 decimals, half to even"
    assert row.aggregation == "mean over seeds"
    assert (row.published, row.published_unit, row.published_printed) == (79.0, "percent", "79.00")
    assert row.place == "Table 1, page 7"
    assert row.difference == pytest.approx(0.01)
    # t(2) at 97.5 % is 4.302653.
    assert row.tolerance == pytest.approx(4.302653 * 0.01 * (4 / 3) ** 0.5)
    assert row.verdict is VerdictKind.REPRODUCED
    assert row.reason == ""


def sized(published, size, *, verdicts=True, method="m-dec"):
    metrics = [
        Metric(slug="flops", printed="FLOPs", metric="operations", unit="millions", decimals=6)
    ]
    row = Row(slug="dec", printed="DEC", method=method)
    table = PAPER.tables[0].model_copy(update={"rows": [row], "metrics": metrics})
    numbers = [number("dec", published, "flops").model_copy(update={"decimals": 4})]
    sizes = {("m-dec", "usps"): {"operations": size}}
    rows = build_rows(
        PAPER.model_copy(update={"tables": [table]}), numbers if published else [], {},
        protocol=protocol(verdicts=verdicts), sizes=sizes,
    )  # fmt: skip
    return next(row for row in rows if row.kind == "cell")


@pytest.mark.parametrize(
    ("published", "verdict"),
    [(5.3602, VerdictKind.REPRODUCED), (5.3601, VerdictKind.HIGHER), (5.3603, VerdictKind.LOWER)],
)
def test_a_size_is_exact_and_needs_no_run(published, verdict):
    cell = sized(published, 5.36018)
    assert (cell.value, cell.std, cell.n, cell.seeds, cell.runs) == (5.36018, None, 0, "", "")
    assert (cell.printed, cell.rounding) == ("5.360180", "millions, 6 decimals, half to even")
    assert cell.verdict is verdict
    assert cell.tolerance == pytest.approx(5e-5)
    assert cell.tolerance_from.endswith("= 5e-05, of an exact count")


def test_a_size_without_a_verdict_says_why():
    assert sized(None, 5.36018).reason == "the paper prints no number here"
    assert sized(5.3602, 5.36018, verdicts=False).reason == "the protocol passes no verdicts"
    missing = sized(5.3602, 5.36018, method=None)
    assert (missing.value, missing.reason) == (None, "not yet implemented")


def test_every_cell_and_every_tau_has_a_row():
    rows = ledger({})
    assert len(rows) == len(ROWS) * 2 + 2
    assert rows["dcec.table1.kendall-tau.digits.nmi"].kind == "kendall-tau"
    assert all(row.reason and row.value is None for row in rows.values())


@pytest.mark.parametrize(
    ("row", "results", "reason"),
    [
        ("spectral", {}, "not yet implemented"),
        ("dec", {}, "not run in this configuration"),
        ("dec", {"dec": MethodResult(reason="data set unreachable: no source")},
         "data set unreachable: no source"),
    ],
)  # fmt: skip
def test_empty_cells_say_why_and_keep_the_published_number(row, results, reason):
    cell = ledger(results, [number(row, 70.5)])[f"dcec.table1.{row}.digits.acc"]
    assert cell.reason == reason
    assert (cell.printed, cell.n, cell.verdict) == ("", 0, None)
    assert cell.published_printed == "70.50"


def test_the_least_tolerance_follows_the_digits_of_the_published_number():
    published = [number("dcec", 79.0).model_copy(update={"decimals": 1})]
    row = ledger({"dcec": result(0.79, 0.79, 0.79)}, published)["dcec.table1.dcec.digits.acc"]
    assert (row.published_printed, row.printed) == ("79.0", "79.00 ± 0.00")
    assert row.tolerance == pytest.approx(0.0005)


def test_a_single_seed_is_printed_without_deviation_and_without_verdict():
    row = ledger({"dcec": result(0.8)}, [number("dcec", 79.0)])["dcec.table1.dcec.digits.acc"]
    assert (row.printed, row.std, row.aggregation) == ("80.00", None, "single seed")
    assert row.verdict is None
    assert row.reason == "too few seeds for a verdict (1 of at least 3)"


def test_missing_seeds_are_told_beside_the_value():
    found = ledger({"dcec": result(0.8, 0.8, 0.8, reason="seed 3: diverged")}, verdicts=False,
                   published=[number("dcec", 79.0)])["dcec.table1.dcec.digits.acc"]  # fmt: skip
    assert found.n == 3
    assert found.reason == "seed 3: diverged; the protocol paper passes no verdicts"


@pytest.mark.parametrize("published", [[], [number("dcec", None)]])
def test_without_a_published_number_there_is_no_comparison(published):
    row = ledger({"dcec": result(0.8, 0.8, 0.8)}, published)["dcec.table1.dcec.digits.acc"]
    assert (row.published, row.difference, row.verdict) == (None, None, None)
    assert row.printed == "80.00 ± 0.00"
    assert row.reason == "the paper prints no number here"


def test_kendalls_tau_ranks_methods_with_both_numbers():
    published = [number(row, value) for row, value in zip(ROWS, (60, 70, 65, 80, 90), strict=True)]
    results = {"kmeans": result(0.5), "cae": result(0.6), "dec": result(0.7), "dcec": result(0.8)}
    row = ledger(results, published)["dcec.table1.kendall-tau.digits.acc"]
    # cae and dec swap: five of six pairs agree.
    assert row.value == pytest.approx(4 / 6)
    assert (row.printed, row.n, row.runs) == ("0.67", 4, "runs/usps/0-4")


def test_kendalls_tau_of_two_methods_is_empty_with_a_reason():
    results = {"kmeans": result(0.5), "cae": result(0.6)}
    published = [number("kmeans", 60), number("cae", 70), number("dec", 80)]
    row = ledger(results, published)["dcec.table1.kendall-tau.digits.acc"]
    assert (row.value, row.n) == (None, 2)
    assert row.reason == "fewer than 3 methods with both numbers to rank"


def test_seeds_are_listed_in_their_order_and_runs_as_they_were_given():
    scores = {"acc": 0.5, "nmi": 0.5}
    members = tuple(SeedScores(seed, scores, f"runs/{seed}") for seed in (2, 0, 1))
    row = ledger({"dcec": MethodResult(members)})["dcec.table1.dcec.digits.acc"]
    assert (row.seeds, row.runs) == ("0 1 2", "runs/2 runs/0 runs/1")


def test_a_number_published_twice_is_refused():
    with pytest.raises(ConfigError, match=r"dcec\.table1\.dec\.digits\.acc is published twice"):
        ledger({}, [number("dec", 1.0), number("dec", 2.0)])


@pytest.mark.parametrize("scores", [{"acc": 0.5}, {"acc": 0.5, "nmi": float("nan")}])
def test_a_run_without_a_needed_metric_is_refused(scores):
    with pytest.raises(StorageError, match="runs/0 has no usable 'nmi' for seed 0"):
        ledger({"dec": MethodResult((SeedScores(0, scores, "runs/0"),))})


def test_results_that_say_nothing_or_count_a_seed_twice_are_refused():
    with pytest.raises(ValueError, match="needs a reason"):
        MethodResult()
    with pytest.raises(ValueError, match="only once"):
        MethodResult((SeedScores(0, {}, "a"), SeedScores(0, {}, "b")))
