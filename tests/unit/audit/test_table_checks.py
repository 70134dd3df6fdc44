"""Printed tables: what each check must notice, in every form."""

import csv
import io

import pytest

from clustrace.audit.model import Level
from clustrace.audit.sheets import read_sheet
from clustrace.report.templating import latex_escape, markdown_escape

FORMS = ("csv", "md", "tex", "html")


def failed(results):
    return results.failed(level=Level.HASHES)


def printed_of(results, address):
    rows = csv.DictReader(io.StringIO(results.path("ledger/mini.csv").read_text()))
    return next(row for row in rows if row["address"] == address)


@pytest.mark.parametrize("form", FORMS)
def test_another_number_is_noticed(results, form):
    mean = printed_of(results, "mini.table1.idec.digits.acc")["printed"].split()[0]
    results.replace(f"tables/mini/table1.{form}", mean, "79.00")
    assert "CELL-001" in failed(results)


@pytest.mark.parametrize("form", FORMS)
def test_another_published_number_is_noticed(results, form):
    results.replace(f"tables/mini/table1.{form}", "50.12", "50.13")
    assert "CELL-001" in failed(results)


@pytest.mark.parametrize("form", FORMS)
def test_names_of_methods_that_change_places_are_noticed(results, form):
    path = f"tables/mini/table1.{form}"
    for old, new in (("k-means", "X-means"), ("IDEC", "k-means"), ("X-means", "IDEC")):
        results.replace(path, old, new)
    assert "CELL-001" in failed(results)


@pytest.mark.parametrize("form", FORMS)
def test_metrics_that_change_places_are_noticed(results, form):
    path = f"tables/mini/table1.{form}"
    for old, new in (("ACC", "swapped"), ("NMI", "ACC"), ("swapped", "NMI")):
        results.replace(path, old, new)
    assert "CELL-001" in failed(results)


@pytest.mark.parametrize(("form", "old", "new"), [
    ("csv", ",recorded,", ",retrained,"),
    ("md", "①", "⑤"),
    ("tex", r"\textcircled{\scriptsize 1}", r"\textcircled{\scriptsize 5}"),
    ("html", "①", "⑤"),
])  # fmt: skip
def test_other_evidence_is_noticed(results, form, old, new):
    results.replace(f"tables/mini/table1.{form}", old, new, 1)
    assert "CELL-001" in failed(results)


@pytest.mark.parametrize(("form", "old", "new"), [
    ("csv", ",inconclusive,", ",reproduced,"),
    ("md", "? inconclusive", "≈ reproduced"),
    ("html", "? inconclusive", "≈ reproduced"),
    ("tex", "$ ?", r"$ $\approx$"),
])  # fmt: skip
def test_another_verdict_is_noticed(results, form, old, new):
    results.replace(f"tables/mini/table1.{form}", old, new, 1)
    assert "CELL-001" in failed(results)


@pytest.mark.parametrize("form", FORMS)
def test_another_footnote_is_noticed(results, form):
    results.replace(f"tables/mini/table1.{form}", "the paper prints no number here", "very good")
    assert "CELL-001" in failed(results)


@pytest.mark.parametrize("form", FORMS)
def test_a_row_left_out_is_noticed(results, form):
    path = results.path(f"tables/mini/table1.{form}")
    text = path.read_text()
    if form == "html":
        start = text.index('<tr>\n<th scope="row">IDEC')
        text = text[:start] + text[text.index("</tr>", start) + 5 :]
    else:
        lines = text.splitlines(keepends=True)
        (first, *_) = [i for i, line in enumerate(lines) if "IDEC" in line]
        del lines[first : first + {"csv": 1, "md": 1, "tex": 5}[form]]
        text = "".join(lines)
    results.write(path, text.encode())
    assert "CELL-001" in failed(results)


@pytest.mark.parametrize("form", FORMS)
def test_a_hidden_deviation_is_noticed(results, form):
    if form == "csv":
        results.replace("tables/mini/table1.csv", "few-epochs", "")
    else:
        results.replace(f"tables/mini/table1.{form}", "Two epochs only.", "")
    assert "CELL-012" in failed(results)


@pytest.mark.parametrize("table", ["table1", "claims"])
@pytest.mark.parametrize("form", FORMS)
def test_another_stamp_is_noticed(results, table, form):
    results.replace(f"tables/mini/{table}.{form}", "far too little, for tests", "as published")
    assert "CELL-014" in failed(results)


@pytest.mark.parametrize(("form", "old", "new"), [
    ("csv", "2 of 2", "1 of 2"),
    ("md", "**holds**", "**fails**"),
    ("tex", "holds", "fails"),
    ("html", ">holds<", ">fails<"),
    ("html", "k-means on pixels", "IDEC on pixels"),
    ("md", "+40.00", "+41.00"),
    ("html", "+40.00", "-40.00"),
    ("csv", "+40.00", "+41.00"),
    ("md", "①", "⑤"),
    ("html", "SAE+k-means", "IDEC"),
])  # fmt: skip
def test_other_claims_are_noticed(results, form, old, new):
    results.replace(f"tables/mini/claims.{form}", old, new, 1)
    assert "CELL-015" in failed(results)


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_form_is_noticed(results, form):
    results.path(f"tables/mini/claims.{form}").unlink()
    results.path(f"tables/mini/table1.{form}").unlink()
    assert {"CELL-001", "CELL-012", "CELL-015"} <= failed(results)


TEXTS = ["a_b & 50 % of <x> #1 ~ ^ {y} \\z", "γ ≤ 1 × τ ± 2 → λ", "plain – text", "a|b *c* [d] `e`"]


@pytest.mark.parametrize("text", TEXTS)
def test_escaped_text_is_read_as_it_was(text):
    (table,) = read_sheet(f"| {markdown_escape(text)} | x |\n", "md").tables
    assert table[0].texts == (text, "x")
    latex = f"\\begin{{tabular}}{{l}}\n{latex_escape(text)} & x \\\\\n\\end{{tabular}}\n"
    (table,) = read_sheet(latex, "tex").tables
    assert table[0].texts == (text, "x")


def test_marks_of_footnotes_are_no_numbers():
    sheet = read_sheet("| 50.1<sup>2</sup> |\n\n2. why\n", "md")
    assert sheet.tables[0][0].texts == ("50.1 ‹2›",)
    assert sheet.footnotes == {2: "why"}
    html = '<table><tr><td id="a">1<sup><a href="#note-1">1</a></sup></td></tr></table>'
    sheet = read_sheet(html + '<ol><li id="note-1">w&amp;y</li></ol>', "html")
    assert (sheet.tables[0][0].cells[0].text, sheet.tables[0][0].cells[0].name) == ("1 ‹1›", "a")
    assert sheet.footnotes == {1: "w&y"}
