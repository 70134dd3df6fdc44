"""Claims as CSV, Markdown, LaTeX and HTML, and in the summary."""

import csv
import io

import pytest

from clustrace.config.claims import BetterClaim, Comparison, FewerIterationsClaim
from clustrace.errors import ConfigError, StorageError
from clustrace.provenance.claims import claim_rows
from clustrace.provenance.evidence import Rung
from clustrace.provenance.measured import MethodResult, SeedScores
from clustrace.report.claims import render_claims, write_claims
from clustrace.report.claims_view import claims_view
from clustrace.report.summary import render_summary

FORMS = ("csv", "md", "tex", "html")


def claim(slug, ahead, behind):
    return BetterClaim(
        slug=slug, text=f"{slug} & <more>", place="Section 4_3", table="table1", kind="better",
        comparisons=[Comparison(ahead=ahead, behind=behind)], metrics=["acc"],
    )  # fmt: skip


@pytest.fixture
def claiming(paper):
    return paper.model_copy(
        update={"claims": [claim("better", "dcec", "dec"), claim("open", "dcec", "sec")]}
    )


@pytest.fixture
def results():
    return {
        (method, dataset): MethodResult(
            tuple(SeedScores(s, {"acc": base + s / 100}, f"runs/{method}/{s}") for s in range(3))
        )
        for dataset in ("mnist", "usps")
        for method, base in (("dec", 0.5), ("dcec", 0.6))
    }


@pytest.fixture
def claimed(claiming, results, protocol):
    return claim_rows(claiming, (), results, protocol=protocol)


@pytest.fixture
def shown(claiming, claimed, protocol):
    return claims_view(claiming, claimed, protocol)


def test_every_claim_has_verdict_and_counts(shown):
    better, undecided = shown.claims
    assert (better.verdict, better.ours, better.reason) == ("holds", "2 of 2", "")
    assert (undecided.verdict, undecided.ours) == ("undecided", "2 without results")
    assert undecided.reason == "no results for 2 of 2 comparisons; not yet implemented"
    assert [each.ours for each in better.comparisons] == ["+10.00 ± 0.00"] * 2
    assert "in part" in shown.legend


@pytest.mark.parametrize("form", FORMS)
def test_every_form_has_verdicts_reasons_and_stamp(shown, form, tmp_path):
    write_claims(tmp_path / f"claims.{form}", shown)
    text = (tmp_path / f"claims.{form}").read_text()
    for part in ("holds", "undecided", "not yet implemented", "2 of 2", "5 seeds "):
        assert part in text, part
    assert ("better & <more>" in text) == (form == "csv"), "other forms escape"


def test_the_csv_has_a_line_for_each_claim_and_comparison(shown, claimed):
    lines = list(csv.DictReader(io.StringIO(render_claims(shown, "csv"))))
    assert {line["address"] for line in lines} == {row.address for row in claimed}
    assert [line["verdict"] for line in lines if line["verdict"]] == ["holds", "undecided"]


def test_protocols_without_verdicts_print_counts_alone(claiming, results, protocol):
    quick = protocol.model_copy(update={"verdicts": False})
    view = claims_view(claiming, claim_rows(claiming, (), results, protocol=quick), quick)
    assert not view.legend
    assert [c.verdict for c in view.claims] == ["", ""]
    assert view.claims[0].ours == "2 of 2"
    assert "no verdict" in render_claims(view, "md")


@pytest.fixture
def racing(paper):
    pair = Comparison(ahead="dcec", behind="dec")
    slow = FewerIterationsClaim(
        slug="faster", text="Faster.", place="Section 5", table="table1", kind="fewer-iterations",
        comparisons=[pair],
    )  # fmt: skip
    return paper.model_copy(update={"claims": [slow]})


def test_comparisons_that_stay_open_are_told_apart_from_missing_ones(racing, protocol):
    taken = {"dcec": 100, "dec": 200}
    results = {
        (method, "mnist"): MethodResult(
            tuple(
                SeedScores(s, {"acc": 0.5, "iterations": steps}, f"r/{method}/{s}", capped=s == 1)
                for s in range(3)
            )
        )
        for method, steps in taken.items()
    }
    view = claims_view(racing, claim_rows(racing, (), results, protocol=protocol), protocol)
    (shown,) = view.claims
    assert (shown.ours, shown.verdict) == ("1 open, 1 without results", "undecided")
    for form in ("csv", "md", "html"):
        text = render_claims(view, form)
        assert "DCEC ended at its largest number of iterations with seed 1" in text
        assert "which of them needs fewer is open" in text


@pytest.mark.parametrize("form", FORMS)
def test_every_form_prints_the_evidence(claiming, claimed, protocol, form):
    rated = [
        row.model_copy(update={"evidence": Rung.HASHES}) if row.value is not None else row
        for row in claimed
    ]
    text = render_claims(claims_view(claiming, rated, protocol), form)
    if form == "csv":
        lines = list(csv.DictReader(io.StringIO(text)))
        assert [line["evidence"] for line in lines] == ["hashes"] * 3 + [""] * 3
    else:
        sign = r"\textcircled{\scriptsize 2}" if form == "tex" else "②"
        # One for the claim, one in the legend, and one for each comparison that is shown.
        assert text.count(sign) == (2 if form == "tex" else 4)


def test_there_is_no_other_form(shown):
    with pytest.raises(ConfigError, match="pdf"):
        render_claims(shown, "pdf")


def test_a_ledger_without_a_claim_is_refused(claiming, claimed, protocol):
    fewer = [row for row in claimed if row.kind != "claim"]
    with pytest.raises(StorageError, match=r"dcec\.claims\.better\.all\.all"):
        claims_view(claiming, fewer, protocol)


def test_a_ledger_of_another_protocol_is_refused(claiming, claimed, protocol):
    with pytest.raises(StorageError, match="instead of quick"):
        claims_view(claiming, claimed, protocol.model_copy(update={"slug": "quick"}))


def test_the_summary_counts_claims_and_says_what_is_undecided(claiming, claimed, protocol):
    lines = render_summary(protocol, [claiming], claimed, machine="x").splitlines()
    assert (
        "| DCEC, claims | 1 of 2 claims | – | 1 holds, 1 undecided "
        "| `results/paper/tables/dcec/claims.md` |"
    ) in lines
    start = lines.index("DCEC, claims undecided:")
    assert lines[start + 2] == "- open: no results for 2 of 2 comparisons; not yet implemented"


def test_the_summary_counts_no_claims_without_verdicts(claiming, results, protocol):
    quick = protocol.model_copy(update={"verdicts": False})
    rows = claim_rows(claiming, (), results, protocol=quick)
    text = render_summary(quick, [claiming], rows, machine="x")
    assert "| DCEC, claims | 1 of 2 claims | – | none under this protocol |" in text
    assert "undecided" not in text
