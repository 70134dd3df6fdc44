"""Ledger rows of claims and of the comparisons behind them."""

import pytest

from clustrace.config.claims import (
    BestClaim,
    BetterClaim,
    Bound,
    BoundsClaim,
    Comparison,
    FewerIterationsClaim,
    ImprovesClaim,
    NearerClaim,
    TrendClaim,
    WithinClaim,
)
from clustrace.config.papers import Column, Metric, Paper, PublishedNumber, Row, Table
from clustrace.config.protocols import Protocol
from clustrace.evaluate.claims import ClaimVerdict
from clustrace.provenance.cells import build_rows
from clustrace.provenance.claims import claim_rows
from clustrace.provenance.ledger import read_ledger, write_ledger
from clustrace.provenance.measured import MethodResult, SeedScores

COMMON = {"text": "It is so.", "place": "Section 4", "table": "table1"}
BETTER = BetterClaim(
    slug="helps", kind="better", comparisons=[Comparison(ahead="dcec", behind="dec")],
    metrics=["acc"], **COMMON,
)  # fmt: skip
BEST = BestClaim(slug="best", kind="best", row="dcec", metrics=["acc"], **COMMON)
FASTER = FewerIterationsClaim(
    slug="faster", kind="fewer-iterations",
    comparisons=[Comparison(ahead="dcec", behind="dec")], **COMMON,
)  # fmt: skip


def paper(*claims):
    return Paper(
        slug="p",
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
                    Row(slug=slug, printed=slug.upper(), method=slug if slug != "sec" else None)
                    for slug in ("dec", "dcec", "sec")
                ],
                columns=[
                    Column(slug="digits", printed="Digits", dataset="usps"),
                    Column(slug="full", printed="Full", dataset="mnist"),
                ],
                metrics=[
                    Metric(slug="acc", printed="ACC", metric="acc", unit="percent", decimals=2),
                ],
            )
        ],
        claims=claims,
    )


def protocol(*, verdicts=True):
    return Protocol(
        slug="paper", title="Paper", stamp="As published.", seeds=5, seeds_per_job=5,
        verdicts=verdicts,
    )  # fmt: skip


def result(method, accuracies, steps=None, capped=()):
    return MethodResult(
        tuple(
            SeedScores(
                seed,
                {"acc": acc} | ({"iterations": steps[index]} if steps else {}),
                f"runs/{method}/{seed}",
                seed in capped,
            )
            for index, (seed, acc) in enumerate(accuracies.items())
        )
    )


def number(row, column, value):
    return PublishedNumber(
        table="table1", row=row, column=column, metric="acc", value=value, decimals=2,
        place="Table 1",
    )  # fmt: skip


FULL = {
    ("dcec", "usps"): result("dcec", {0: 0.90, 1: 0.91, 2: 0.92}, [100, 110, 120]),
    ("dec", "usps"): result("dec", {0: 0.80, 1: 0.80, 2: 0.80, 3: 0.1}, [300, 300, 310, 0]),
    ("dcec", "mnist"): result("dcec", {0: 0.90, 1: 0.91, 2: 0.92}, [100, 100, 100]),
    ("dec", "mnist"): result("dec", {0: 0.80, 1: 0.805, 2: 0.80}, [200, 210, 220]),
}


def made(*claims, results=FULL, published=(), verdicts=True):
    rows = claim_rows(paper(*claims), published, results, protocol=protocol(verdicts=verdicts))
    return {row.address: row for row in rows}


def test_a_comparison_is_the_paired_difference_of_common_seeds():
    row = made(BETTER)["p.table1.dcec-over-dec.digits.acc"]
    assert row.kind == "comparison"
    assert row.value == pytest.approx(0.11)
    assert (row.n, row.seeds) == (3, "0 1 2")
    assert row.runs == "runs/dcec/0 runs/dcec/1 runs/dcec/2 runs/dec/0 runs/dec/1 runs/dec/2"
    assert row.printed == "+11.00 ± 1.00"
    assert row.aggregation == "mean over seeds of DCEC minus DEC"
    assert 0 < row.p_value < 0.01


def test_a_claim_counts_its_comparisons_and_has_the_verdict():
    row = made(BETTER)["p.claims.helps.all.all"]
    assert (row.kind, row.verdict) == ("claim", ClaimVerdict.HOLDS)
    assert (row.value, row.n, row.printed) == (1.0, 2, "2 of 2")
    assert row.place == "Section 4"
    assert not row.reason


def test_fewer_iterations_are_ahead():
    rows = made(FASTER)
    row = rows["p.table1.dcec-over-dec.digits.iterations"]
    assert row.value == pytest.approx((200 + 190 + 190) / 3)
    assert row.printed == "+193 ± 6"
    assert row.aggregation == "mean over seeds of DEC minus DCEC"
    assert rows["p.claims.faster.all.all"].verdict is ClaimVerdict.HOLDS


def test_two_capped_trainings_do_not_tell_which_needs_fewer_steps():
    stopped = {0: 0.9, 1: 0.9, 2: 0.9}, [100, 100, 100]
    results = {
        **FULL,
        ("dcec", "usps"): result("dcec", *stopped, capped=[0, 2]),
        ("dec", "usps"): result("dec", {0: 0.8, 1: 0.8}, [300, 300], capped=[1]),
    }
    rows = made(FASTER, results=results)
    row = rows["p.table1.dcec-over-dec.digits.iterations"]
    assert (row.value, row.seeds, row.p_value) == (200, "0 1", None)
    assert row.capped == "dcec:0 dec:1", "seed 2 is not compared"
    assert row.reason == (
        "DCEC ended at its largest number of iterations with seed 0; "
        "DEC ended at its largest number of iterations with seed 1; "
        "which of them needs fewer is open"
    )
    claim = rows["p.claims.faster.all.all"]
    assert (claim.verdict, claim.printed, claim.n) == (ClaimVerdict.UNDECIDED, "1 of 1", 1)
    assert claim.reason.startswith("1 of 2 comparisons are open")
    assert not made(BETTER, results=results)["p.table1.dcec-over-dec.digits.acc"].capped


def test_a_capped_training_behind_leaves_the_lead_sure_and_is_marked():
    results = {
        **FULL,
        ("dec", "mnist"): result("dec", dict.fromkeys(range(3), 0.8), [300] * 3, [1]),
    }
    rows = made(FASTER, results=results)
    row = rows["p.table1.dcec-over-dec.full.iterations"]
    assert row.capped == "dec:1"
    assert row.reason == "DEC ended at its largest number of iterations with seed 1"
    assert rows["p.claims.faster.all.all"].verdict is ClaimVerdict.HOLDS


def test_scores_without_iterations_are_missing_with_a_reason():
    results = {**FULL, ("dec", "mnist"): result("dec", {0: 0.8, 1: 0.8, 2: 0.8})}
    rows = made(FASTER, results=results)
    row = rows["p.table1.dcec-over-dec.full.iterations"]
    assert (row.value, row.reason) == (None, "no seed has iterations of both methods")
    assert rows["p.claims.faster.all.all"].verdict is ClaimVerdict.UNDECIDED


def test_the_best_is_compared_with_every_other_row():
    rows = made(BEST)
    addresses = {address for address in rows if "-over-" in address}
    assert addresses == {
        f"p.table1.dcec-over-{other}.{column}.acc"
        for other in ("dec", "sec")
        for column in ("digits", "full")
    }
    claim = rows["p.claims.best.all.all"]
    assert (claim.n, claim.verdict) == (2, ClaimVerdict.UNDECIDED)
    assert claim.reason == "no results for 2 of 4 comparisons; not yet implemented"


def test_claims_share_their_comparisons():
    addresses = [
        row.address for row in claim_rows(paper(BETTER, BEST), (), FULL, protocol=protocol())
    ]
    assert len(addresses) == len(set(addresses)) == 4 + 2


def test_the_papers_own_numbers_are_tested_too():
    published = [
        number("dcec", "digits", 79.0), number("dec", "digits", 77.9),
        number("dcec", "full", 80.0), number("dec", "full", 80.0), number("sec", "full", None),
    ]  # fmt: skip
    rows = made(BEST, published=published)
    row = rows["p.table1.dcec-over-dec.digits.acc"]
    assert (row.published, row.published_printed, row.place) == (1.1, "+1.10", "Table 1")
    assert rows["p.table1.dcec-over-sec.full.acc"].published is None
    claim = rows["p.claims.best.all.all"]
    assert (claim.published, claim.published_printed) == (0.5, "holds in part: 1 of 2")
    assert made(FASTER, published=published)["p.claims.faster.all.all"].published is None


def test_reasons_of_missing_results_are_told_once():
    results = {("dcec", "usps"): FULL["dcec", "usps"]}
    claim = made(BETTER, results=results)["p.claims.helps.all.all"]
    assert (claim.value, claim.n) == (None, 0)
    assert claim.reason == "no results for 2 of 2 comparisons; not run in this configuration"


def test_protocols_without_verdicts_only_count():
    claim = made(BETTER, verdicts=False)["p.claims.helps.all.all"]
    assert claim.verdict is None
    assert claim.printed == "2 of 2"
    assert claim.reason == "the protocol paper passes no verdicts"


def test_rows_of_claims_come_back_from_the_file_beside_the_cells(tmp_path):
    whole = paper(BETTER, BEST, FASTER)
    rows = [
        *build_rows(whole, (), FULL, protocol=protocol()),
        *claim_rows(whole, (), FULL, protocol=protocol()),
    ]
    write_ledger(tmp_path / "p.csv", rows)
    assert sorted(rows, key=lambda r: r.address) == list(read_ledger(tmp_path / "p.csv"))


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
