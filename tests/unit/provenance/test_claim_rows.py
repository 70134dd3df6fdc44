"""Ledger rows of claims and of the comparisons behind them."""

import pytest
from tests.claimed_papers import BEST, BETTER, FASTER, FULL, made, number, paper, protocol, result

from clustrace.evaluate.claims import ClaimVerdict
from clustrace.provenance.cells import build_rows
from clustrace.provenance.claims import claim_rows
from clustrace.provenance.ledger import read_ledger, write_ledger


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
