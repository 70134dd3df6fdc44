"""What a rendered table shows of the ledger."""

import pytest

from clustrace.config.papers import Metric
from clustrace.errors import StorageError
from clustrace.report.table_view import table_view


def cell(view, address):
    every = [cell for row in view.rows for cell in row.cells] + list(view.agreement)
    return next(cell for cell in every if cell.address == f"dcec.table1.{address}.acc")


def test_a_cell_shows_the_printed_text_of_the_ledger_and_its_comparison(view):
    shown = cell(view, "kmeans.mnist")
    assert (shown.ours, shown.n, shown.published) == ("54.00 ± 1.00", 3, "54.24")
    # t(2) s sqrt(1 + 1/3) = 4.302653 * 1 * 1.154701 points.
    assert (shown.difference, shown.tolerance) == ("-0.24", "4.97")
    assert (shown.sign, shown.verdict, shown.note) == ("≈", "reproduced", None)


@pytest.mark.parametrize(
    ("address", "sign", "verdict"),
    [
        ("dec.mnist", "↑", "higher"),
        ("dcec.mnist", "↓", "lower"),
        ("kmeans.usps", "?", "inconclusive"),
    ],
)
def test_verdicts_have_a_sign_and_a_word(view, address, sign, verdict):
    shown = cell(view, address)
    assert (shown.sign, shown.verdict) == (sign, verdict)


def test_equal_reasons_share_a_footnote_in_the_order_of_the_table(view):
    assert view.footnotes == (
        "data set unreachable: 2 sources < 1",
        "not yet implemented",
        "fewer than 3 methods with both numbers to rank",
    )
    assert cell(view, "dec.usps").note == cell(view, "dcec.usps").note == 1
    assert cell(view, "sec.mnist").note == cell(view, "sec.usps").note == 2
    assert cell(view, "kendall-tau.usps").note == 3


def test_kendalls_tau_stands_below_its_column(view):
    # Published and ours order kmeans < dec < dcec and kmeans < dcec < dec: 2 of 3 pairs agree.
    assert [shown.ours for shown in view.agreement] == ["0.33", ""]


def test_the_stamp_and_the_way_to_the_ledger_are_told(view):
    assert view.stamp == "5 seeds & fp32"
    assert "results/paper/ledger/dcec.csv" in view.trace
    assert "95 % prediction interval" in view.legend


def test_the_caption_names_the_machines_that_were_timed(paper, rows, protocol):
    seconds = Metric(
        slug="acc", printed="T", metric="total_seconds", unit="seconds", decimals=2,
        statistic="median",
    )  # fmt: skip
    timed = paper.tables[0].model_copy(update={"metrics": [seconds]})
    machines = iter(["B with 1 thread", "A with 2 threads and on B with 1 thread"])
    told = [
        row.model_copy(update={"aggregation": f"median over seeds, timed on {next(machines)}"})
        if row.address in ("dcec.table1.dec.mnist.acc", "dcec.table1.kmeans.mnist.acc")
        else row
        for row in rows
    ]
    shown = table_view(paper, timed, told, protocol)
    assert shown.caption == f"{timed.caption} Timed on A with 2 threads and on B with 1 thread."
    assert shown.statistic == "median"
    assert "judged by order of magnitude" in shown.legend
    # A score was not timed, whatever its row says.
    untimed = table_view(paper, paper.tables[0], told, protocol)
    assert (untimed.caption, untimed.statistic) == (timed.caption, "mean")


def test_without_verdicts_there_is_no_legend_of_signs(paper, rows, protocol):
    quiet = protocol.model_copy(update={"verdicts": False})
    assert table_view(paper, paper.tables[0], rows, quiet).legend == ""


def test_a_missing_ledger_row_is_an_error_and_never_an_empty_cell(paper, rows, protocol):
    fewer = [row for row in rows if row.address != "dcec.table1.dec.usps.acc"]
    with pytest.raises(StorageError, match=r"no row dcec\.table1\.dec\.usps\.acc"):
        table_view(paper, paper.tables[0], fewer, protocol)


def test_numbers_of_two_protocols_never_mix(paper, rows, protocol):
    mixed = [*rows[1:], rows[0].model_copy(update={"protocol": "quick"})]
    with pytest.raises(StorageError, match="protocol quick instead of paper"):
        table_view(paper, paper.tables[0], mixed, protocol)
