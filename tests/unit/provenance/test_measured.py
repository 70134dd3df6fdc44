"""Seconds and their ratios in the cells of a ledger, from values worked out by hand."""

import pytest

from clustrace.config.papers import Column, Metric, Paper, PublishedNumber, Row, Table
from clustrace.config.protocols import Protocol
from clustrace.evaluate.verdicts import VerdictKind
from clustrace.provenance.cells import build_rows
from clustrace.provenance.measured import MethodResult, SeedScores

TIME = {"printed": "T", "metric": "inference_seconds", "decimals": 2, "statistic": "median"}
PAPER = Paper(
    slug="p", title="", authors=[], year=2021, venue="",
    tables=[
        Table(
            slug="times",
            printed="Times",
            caption="",
            rows=[Row(slug=s, printed=s.upper(), method=s) for s in ("kmeans", "dec", "rcc")],
            columns=[Column(slug="usps", printed="USPS", dataset="usps")],
            metrics=[
                Metric(slug="seconds", unit="seconds", **TIME),
                Metric(slug="ratio", unit="ratio", relative_to="kmeans", **TIME),
            ],
        )
    ],
)  # fmt: skip
PROTOCOL = Protocol(
    slug="paper", title="", stamp="", seeds=3, seeds_per_job=1, verdicts=True
)  # fmt: skip


def result(method, *seconds, machine="A with 1 thread", metric="inference_seconds"):
    return MethodResult(
        tuple(
            SeedScores(
                seed, {metric: value}, f"runs/{method}/{seed}", timed_on={metric: (machine,)}
            )
            for seed, value in enumerate(seconds)
        )
    )


def cells(results, published=()):
    numbers = [
        PublishedNumber(
            table="times", row=row, column="usps", metric=metric, value=value, decimals=2,
            place="Table 7",
        )
        for row, metric, value in published
    ]  # fmt: skip
    keyed = {(method, "usps"): found for method, found in results.items()}
    rows = build_rows(PAPER, numbers, keyed, protocol=PROTOCOL)
    return {f"{row.row}.{row.metric}": row for row in rows}


KMEANS, DEC = result("kmeans", 2.0, 9.0, 4.0), result("dec", 20.0, 8.0, 12.0)


def test_a_cell_is_the_median_of_its_seeds():
    cell = cells({"dec": DEC})["dec.seconds"]
    # The mean is 13.33; deviations from it are 6.67, -5.33 and -1.33.
    assert (cell.value, cell.printed) == (12.0, "12.00 ± 6.11")
    assert cell.aggregation == "median over seeds, timed on A with 1 thread"


def test_a_ratio_divides_the_medians():
    cell = cells({"kmeans": KMEANS, "dec": DEC})["dec.ratio"]
    assert (cell.value, cell.n, cell.seeds) == (3.0, 3, "0 1 2")
    # 20, 8 and 12 by 4, the median of 2, 9 and 4: 5, 2 and 3 with a mean of 10 / 3.
    assert cell.std == pytest.approx((7 / 3) ** 0.5)
    assert (cell.printed, cell.rounding) == ("3.00 ± 1.53", "ratio, 2 decimals, half to even")
    assert cell.runs.split() == [f"runs/{m}/{seed}" for m in ("dec", "kmeans") for seed in range(3)]


def test_all_machines_behind_a_ratio_are_named():
    other = result("kmeans", 2.0, 9.0, 4.0, machine="B with 2 threads")
    assert cells({"kmeans": other, "dec": DEC})["dec.ratio"].aggregation == (
        "median over seeds, timed on A with 1 thread and on B with 2 threads"
    )


@pytest.mark.parametrize(
    ("published", "kind"),
    [
        (0.3, VerdictKind.REPRODUCED),
        (30.0, VerdictKind.REPRODUCED),
        (0.29, VerdictKind.HIGHER),
        (30.1, VerdictKind.LOWER),
    ],
)
def test_ratios_are_judged_by_their_order_of_magnitude(published, kind):
    found = cells({"kmeans": KMEANS, "dec": DEC}, [("dec", "ratio", published)])["dec.ratio"]
    assert (found.verdict, found.tolerance, found.published_unit) == (kind, None, "ratio")
    assert found.difference == pytest.approx(3.0 - published)


def test_seconds_are_judged_by_their_median():
    # The mean of 1, 1 and 40 is 14, their median 1.
    skewed = result("dec", 1.0, 1.0, 40.0)
    found = cells({"dec": skewed}, [("dec", "seconds", 1.2)])["dec.seconds"]
    assert found.verdict is VerdictKind.REPRODUCED
    assert found.difference == pytest.approx(-0.2)


def test_the_row_that_others_are_divided_by_is_not_judged():
    found = cells({"kmeans": KMEANS}, [("kmeans", "seconds", 4.0)])["kmeans.ratio"]
    assert (found.value, found.verdict) == (1.0, None)
    assert found.reason == "the other rows are divided by this one"


@pytest.mark.parametrize(
    ("kmeans", "reason"),
    [
        (None, "no ratio to KMEANS: not run in this configuration"),
        (MethodResult(reason="not computed yet"), "no ratio to KMEANS: not computed yet"),
        (
            result("kmeans", 1.0, metric="acc"),
            "no ratio to KMEANS: it trains a network alone, or no record tells how long it took",
        ),
        (result("kmeans", 0.0, 0.0, 1.0), "no ratio to KMEANS: it took 0 seconds"),
    ],
)
def test_without_seconds_to_divide_by_there_is_no_ratio(kmeans, reason):
    found = cells({"dec": DEC} | ({"kmeans": kmeans} if kmeans else {}))
    assert (found["dec.ratio"].value, found["dec.ratio"].reason) == (None, reason)
    assert found["dec.seconds"].value == 12.0


def test_a_missing_record_leaves_seconds_and_ratio_empty():
    found = cells({"kmeans": KMEANS, "dec": result("dec", 0.5, metric="acc")})
    reason = "it trains a network alone, or no record tells how long it took"
    assert [found[f"dec.{m}"].reason for m in ("seconds", "ratio")] == [reason] * 2


def test_ranks_are_those_of_the_ratios():
    results = {"kmeans": KMEANS, "dec": DEC, "rcc": result("rcc", 50.0, 60.0, 70.0)}
    numbers = [("kmeans", "seconds", 1.0), ("dec", "seconds", 9.0), ("rcc", "seconds", 5.0)]
    # Of three pairs, dec and rcc are the other way round.
    assert cells(results, numbers)["kendall-tau.seconds"].value == pytest.approx(1 / 3)
