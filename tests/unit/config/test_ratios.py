"""Ratios of published seconds to those of one row."""

import pytest
from pydantic import ValidationError

from clustrace.config.papers import Column, Metric, Paper, PublishedNumber, Row, Table
from clustrace.config.ratios import with_ratios

TIME = {"printed": "T", "metric": "inference_seconds", "decimals": 2}
SECONDS = Metric(slug="seconds", unit="seconds", **TIME)
RATIO = Metric(slug="ratio", unit="ratio", relative_to="kmeans", **TIME)


def table(*metrics):
    return Table(
        slug="times",
        printed="Times",
        caption="",
        rows=[Row(slug=slug, printed=slug, method=slug) for slug in ("kmeans", "rcc", "dec")],
        columns=[Column(slug=slug, printed=slug, dataset=slug) for slug in ("usps", "yale")],
        metrics=list(metrics),
    )


PAPER = Paper(
    slug="p", title="", authors=[], year=2021, venue="", tables=[table(SECONDS, RATIO)]
)  # fmt: skip


def number(row, value, column="usps"):
    return PublishedNumber(
        table="times", row=row, column=column, metric="seconds", value=value, decimals=1,
        place="Table 7", note="" if value else "N/A",
    )  # fmt: skip


def test_numbers_are_divided_by_that_of_the_row():
    printed = [number("kmeans", 0.8), number("rcc", 100.0), number("dec", None)]
    first, *_, rcc, dec = found = with_ratios(PAPER, printed)
    assert list(found[:3]) == printed and len(found) == 5 and first.row == "kmeans"
    assert (rcc.row, rcc.column, rcc.metric, rcc.value, rcc.decimals) == (
        *("rcc", "usps", "ratio", 125.0, 2),
    )
    assert rcc.source == "Table 7, 100.0 divided by 0.8"
    assert (dec.value, dec.source) == (None, "Table 7 (N/A)")


@pytest.mark.parametrize("below", [None, 0.0])
def test_without_a_number_to_divide_by_there_is_no_ratio(below):
    printed = [number("kmeans", below), number("rcc", 3.0), number("dec", 2.0, "yale")]
    assert with_ratios(PAPER, printed) == tuple(printed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unit": "seconds"}, "does not have the unit seconds"),
        ({"metric": "acc", "unit": "fraction"}, "divides seconds, and no other metric"),
        ({"relative_to": None}, "does not have the unit ratio"),
    ],
)
def test_a_ratio_is_one_of_seconds(changed, said):
    with pytest.raises(ValidationError, match=said):
        Metric(**{**RATIO.model_dump(), **changed})


def test_a_ratio_has_no_unit_in_its_heading():
    assert (SECONDS.heading, RATIO.heading) == ("T (s, lower is better)", "T (lower is better)")


def test_a_ratio_needs_its_row_and_its_seconds():
    with pytest.raises(ValidationError, match="relative to 'sc', no row"):
        table(SECONDS, RATIO.model_copy(update={"relative_to": "sc"}))
    with pytest.raises(ValidationError, match="needs a metric with the seconds"):
        table(RATIO, Metric(slug="a", printed="", metric="acc", unit="fraction", decimals=2))


def test_running_times_of_emaec_are_relative_to_kmeans(copy):
    published = copy.load().published["emaec"]
    of_table = [n for n in published if n.table == "table7"]
    ratios = {(n.row, n.column): n.value for n in of_table if n.metric == "ratio"}
    assert len(of_table) == 96 + 88 and len(ratios) == 88
    assert ratios["gmm", "semeion"] == pytest.approx(2.39 / 0.16)
    assert ratios["emaec", "yale-32"] == pytest.approx(129.2)
    assert [place for place, value in ratios.items() if value is None] == [("dcec", "pendigits")]


def test_a_ratio_is_not_copied(copy):
    path = copy.config / "papers/emaec.published.csv"
    text = path.read_text()
    path.write_text(f"{text}table7,gmm,semeion,ratio,14.94,2,Table 7,\n")
    assert copy.said() == (
        f"config/papers/emaec.published.csv:{len(text.splitlines()) + 1}: "
        "emaec.table7.gmm.semeion.ratio is a ratio of published numbers, which is not copied but "
        "computed; remove the line."
    )


def test_a_claim_compares_the_seconds_and_not_their_ratio(copy):
    text = (copy.config / "papers/emaec.yaml").read_text()
    copy.write("papers/emaec.yaml", text.replace("metrics: [seconds]", "metrics: [ratio]"))
    assert "'ratio'" in copy.said()
