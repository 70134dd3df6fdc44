"""The summary of a run."""

from clustrace.report.summary import render_summary


def test_the_table_line_counts_cells_verdicts_and_differences(paper, rows, protocol):
    text = render_summary(protocol, [paper], rows, machine="2 cores, 8 GB")
    # Differences of 0.24, 6.02, 8.97 and 2.12 points.
    assert (
        "| DCEC, Table 1 | 4 of 8 cells | 4.34 points over 4 cells "
        "| 1 reproduced, 1 higher, 1 lower, 1 inconclusive "
        "| `results/paper/tables/dcec/table1.md` |"
    ) in text.splitlines()


def test_the_head_tells_protocol_stamp_and_machine(paper, rows, protocol):
    lines = render_summary(protocol, [paper], rows, machine="2 cores, 8 GB").splitlines()
    assert lines[0] == "# Results under Published procedure"
    assert "> 5 seeds \\& fp32" in lines
    assert "Machine: 2 cores, 8 GB" in lines


def test_reasons_of_empty_cells_are_grouped_with_counts(paper, rows, protocol):
    lines = render_summary(protocol, [paper], rows, machine="x").splitlines()
    start = lines.index("DCEC, Table 1, not computed:")
    assert lines[start + 2 :] == [
        r"- 2 cells: data set unreachable: 2 sources \< 1",
        "- 2 cells: not yet implemented",
    ]


def test_the_most_frequent_reason_comes_first(paper, rows, protocol):
    fewer = [row for row in rows if row.address != "dcec.table1.dec.usps.acc"]
    lines = render_summary(protocol, [paper], fewer, machine="x").splitlines()
    assert lines[-2:] == [
        "- 2 cells: not yet implemented",
        r"- 1 cell: data set unreachable: 2 sources \< 1",
    ]


def test_a_single_empty_cell_is_counted_in_the_singular(paper, rows, protocol):
    fewer = [row for row in rows if row.address != "dcec.table1.sec.usps.acc"]
    text = render_summary(protocol, [paper], fewer, machine="x")
    assert "- 1 cell: not yet implemented" in text.splitlines()


def test_protocols_without_verdicts_count_none(paper, rows, protocol):
    quick = protocol.model_copy(update={"verdicts": False})
    text = render_summary(quick, [paper], rows, machine="x")
    assert "| none under this protocol |" in text
    assert "reproduced" not in text


def test_cells_with_too_few_seeds_are_counted_apart(paper, rows, protocol):
    undecided = [
        row.model_copy(update={"verdict": None}) if row.verdict == "higher" else row for row in rows
    ]
    text = render_summary(protocol, [paper], undecided, machine="x")
    assert "| 1 reproduced, 1 lower, 1 inconclusive, 1 with too few seeds |" in text


def test_a_table_without_any_result_has_no_difference(paper, rows, protocol):
    empty = [row for row in rows if row.value is None]
    text = render_summary(protocol, [paper], empty, machine="x")
    assert "| 0 of 4 cells | – | none |" in text
