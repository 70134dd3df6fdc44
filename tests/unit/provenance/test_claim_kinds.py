"""Each kind of claim: what its comparisons are worth and when it holds."""

import pytest
from tests.claimed_papers import BEST, BETTER, COMMON, FULL, made, number, paper, protocol, result

from clustrace.config.claims import (
    Bound,
    BoundsClaim,
    Comparison,
    ImprovesClaim,
    NearerClaim,
    TrendClaim,
    WithinClaim,
)
from clustrace.config.papers import Metric
from clustrace.evaluate.claims import ClaimVerdict
from clustrace.provenance.claims import claim_rows
from clustrace.provenance.measured import MethodResult, SeedScores

PAIR = Comparison(ahead="dcec", behind="dec")
NEAR = WithinClaim(
    slug="near", kind="within", comparisons=[PAIR], margin=0.12, metrics=["acc"], **COMMON
)
RISES = ImprovesClaim(slug="rises", kind="improves", rows=["dcec"], metrics=["acc"], **COMMON)
BOUNDS = BoundsClaim(
    slug="bounds", kind="bounds", metrics=["acc"],
    bounds=[Bound(row="dcec", at_least=0.85), Bound(row="dec", at_most=0.85)], **COMMON,
)  # fmt: skip


def test_methods_that_are_on_par_differ_by_less_than_the_margin():
    published = [number("dcec", "digits", 79.0), number("dec", "digits", 77.9)]
    rows = made(NEAR, published=published)
    row = rows["p.table1.dcec-near-dec-0-12.digits.acc"]
    assert row.value == pytest.approx(0.12 - 0.11)
    assert row.printed == "+1.00 ± 1.00"
    assert row.aggregation == "12 minus the absolute mean over seeds of DCEC minus DEC"
    assert (row.published, row.published_printed) == (10.9, "+10.90")
    assert row.p_value > 0.05
    claim = rows["p.claims.near.all.all"]
    assert (claim.verdict, claim.printed) == (ClaimVerdict.PART, "2 of 2")


def test_a_method_that_improves_is_compared_with_its_start():
    def rising(*starts):
        return MethodResult(
            tuple(
                SeedScores(seed, {"acc": 0.9 + seed / 100, "acc-at-start": start}, f"r/{seed}")
                for seed, start in enumerate(starts)
            )
        )

    results = {("dcec", "usps"): rising(0.8, 0.8, 0.81), ("dcec", "mnist"): rising(0.8, 0.8, 0.8)}
    rows = made(RISES, results=results, published=[number("dcec", "digits", 79.0)])
    row = rows["p.table1.dcec-over-its-start.digits.acc"]
    assert row.value == pytest.approx((0.1 + 0.11 + 0.11) / 3)
    assert row.aggregation == "mean over seeds of DCEC minus its start"
    assert (row.runs, row.published) == ("r/0 r/1 r/2", None)
    assert rows["p.claims.rises.all.all"].verdict is ClaimVerdict.HOLDS


NEARER = NearerClaim(
    slug="order", kind="nearer", rows=["dec"], than="table2", metrics=["acc"], **COMMON
)


def reading(*printed):
    """Ledger of a paper whose second table prints other numbers of the same runs."""
    whole = paper(NEARER)
    other = whole.tables[0].model_copy(update={"slug": "table2"})
    whole = whole.model_copy(update={"tables": [*whole.tables, other]})
    numbers = [
        number("dec", "digits", value).model_copy(update={"table": table})
        for table, value in zip(("table1", "table2"), printed, strict=True)
    ]
    results = {("dec", "usps"): result("dec", {0: 0.80, 1: 0.82, 2: 0.90})}
    rows = claim_rows(whole, numbers, results, protocol=protocol())
    return {row.address: row for row in rows}["p.table1.dec-nearer-than-table2.digits.acc"]


@pytest.mark.parametrize(
    ("printed", "lead"),
    [
        # Distances of 0.80, 0.82 and 0.90 to 0.85 are 0.05, 0.03 and 0.05, those to 0.60 are
        # 0.20, 0.22 and 0.30.
        ((85.0, 60.0), (0.15 + 0.19 + 0.25) / 3),
        ((60.0, 85.0), -(0.15 + 0.19 + 0.25) / 3),
        ((85.0, 85.0), 0.0),
    ],
)
def test_a_reading_fits_where_our_scores_are_nearer_to_it(printed, lead):
    row = reading(*printed)
    assert row.value == pytest.approx(lead)
    assert row.published is None
    assert row.aggregation == (
        "mean over seeds of the distance of DEC to the published number of table2 minus that to "
        "the one of table1"
    )


@pytest.mark.parametrize("printed", [(None, 60.0), (60.0, None)])
def test_readings_need_two_published_numbers(printed):
    row = reading(*printed)
    assert (row.value, row.reason) == (
        None, "no seed has acc beside published numbers of both tables",
    )  # fmt: skip


def test_without_labels_over_time_there_is_no_start():
    rows = made(RISES)
    assert rows["p.table1.dcec-over-its-start.full.acc"].reason == (
        "no seed has acc at the start of its fine-tuning"
    )


def test_rows_are_held_against_numbers():
    rows = made(BOUNDS, published=[number("dcec", "digits", 88.97), number("dec", "digits", 90)])
    least = rows["p.table1.dcec-at-least-0-85.digits.acc"]
    assert least.value == pytest.approx(0.06)
    assert least.aggregation == "mean over seeds of DCEC minus 85"
    assert least.published == 3.97
    most = rows["p.table1.dec-at-most-0-85.full.acc"]
    assert most.value == pytest.approx(0.85 - (0.8 + 0.805 + 0.8) / 3)
    assert most.aggregation == "mean over seeds of 85 minus DEC"
    assert rows["p.table1.dec-at-most-0-85.digits.acc"].published == -5.0
    claim = rows["p.claims.bounds.all.all"]
    # A seed of 0.1 among four on digits: 0.85 is above the mean, but not surely.
    assert (claim.verdict, claim.printed) == (ClaimVerdict.PART, "4 of 4")
    assert claim.published_printed == "holds in part: 1 of 2"


def test_a_share_of_the_comparisons_is_enough_where_the_claim_says_so():
    behind = {**FULL, ("dec", "mnist"): result("dec", {0: 0.95, 1: 0.96, 2: 0.95})}
    published = [
        number("dcec", "digits", 79.0), number("dec", "digits", 77.9),
        number("dcec", "full", 70.0), number("dec", "full", 80.0),
    ]  # fmt: skip
    half = BETTER.model_copy(update={"share": 0.5})
    claim = made(half, results=behind, published=published)["p.claims.helps.all.all"]
    assert (claim.verdict, claim.printed) == (ClaimVerdict.HOLDS, "1 of 2")
    assert claim.published_printed == "holds: 1 of 2"
    assert made(BETTER, results=behind)["p.claims.helps.all.all"].verdict is ClaimVerdict.PART


ERRORS = {
    ("dcec", "usps"): {0: 0.010, 1: 0.011, 2: 0.012},
    ("dec", "usps"): {0: 0.020, 1: 0.021, 2: 0.020},
    ("sec", "usps"): {0: 0.030, 1: 0.031, 2: 0.032},
}


def classified(*claims, published=()):
    """Rows of claims on a table of errors, of which fewer are better."""
    whole = paper(*claims)
    (table,) = whole.tables
    metrics = [Metric(slug="acc", printed="Error", metric="error", unit="percent", decimals=2)]
    rows = [row.model_copy(update={"method": row.slug}) for row in table.rows]
    update = {"metrics": metrics, "rows": rows, "columns": table.columns[:1]}
    whole = whole.model_copy(update={"tables": [table.model_copy(update=update)]})
    results = {
        key: MethodResult(
            tuple(SeedScores(s, {"error": e}, f"runs/{key[0]}/{s}") for s, e in errors.items())
        )
        for key, errors in ERRORS.items()
    }
    rows = claim_rows(whole, published, results, protocol=protocol())
    return {row.address: row for row in rows}


def test_fewer_errors_are_ahead():
    printed = [number("dcec", "digits", 1.5), number("dec", "digits", 1.4)]
    row = classified(BETTER, published=printed)["p.table1.dcec-over-dec.digits.acc"]
    assert row.value == pytest.approx(0.028 / 3)
    assert row.printed == "+0.93 ± 0.12"
    assert row.aggregation == "mean over seeds of DEC minus DCEC"
    assert (row.published, row.published_printed) == (-0.1, "-0.10")


def test_the_best_of_some_rows_is_compared_with_these_alone():
    some = BEST.model_copy(update={"among": ["dcec", "dec"]})
    rows = classified(some)
    assert "p.table1.dcec-over-dec.digits.acc" in rows
    assert "p.table1.dcec-over-sec.digits.acc" not in rows
    assert rows["p.claims.best.all.all"].verdict is ClaimVerdict.HOLDS


def test_a_lead_by_a_margin():
    narrow, wide = (BETTER.model_copy(update={"by": by}) for by in (0.005, 0.02))
    row = classified(narrow)["p.table1.dcec-over-dec-0-005.digits.acc"]
    assert row.value == pytest.approx(0.028 / 3 - 0.005)
    assert row.aggregation == "mean over seeds of DEC minus DCEC minus 0.5"
    assert classified(wide)["p.claims.helps.all.all"].verdict is ClaimVerdict.FAILS


def test_errors_that_rise_from_row_to_row():
    printed = [number(row, "digits", value) for row, value in (("dcec", 1.0), ("dec", 3.0))]
    printed.append(number("sec", "digits", 2.0))
    up, down = (
        TrendClaim(
            slug="order",
            kind="trend",
            rows=["dcec", "dec", "sec"],
            direction=direction,
            metrics=["acc"],
            **COMMON,
        )
        for direction in ("rises", "falls")
    )
    rows = classified(up, published=printed)
    row = rows["p.table1.dcec-rises-to-sec.digits.acc"]
    assert (row.value, row.printed, row.n) == (1.0, "+1.00 ± 0.00", 3)
    assert row.aggregation == "mean over seeds of Kendall's tau-b from DCEC to SEC"
    assert row.published == pytest.approx(1 / 3) and row.published_unit == "fraction"
    assert rows["p.claims.order.all.all"].verdict is ClaimVerdict.HOLDS
    turned = classified(down)["p.table1.dcec-falls-to-sec.digits.acc"]
    assert turned.value == -1.0 and turned.aggregation.endswith("with the other sign")
