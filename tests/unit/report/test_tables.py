"""Tables in each output form."""

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from clustrace.errors import ConfigError
from clustrace.provenance.evidence import Rung
from clustrace.report.tables import render_table, write_table

VOID = {"meta", "br", "link"}


class Balance(HTMLParser):
    """Checks that tags are closed in order, and collects texts by the id of their element."""

    def __init__(self):
        super().__init__()
        self.open, self.texts, self.tags = [], {}, []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for _, name in self.open:
            if name:
                self.texts[name] = " ".join(f"{self.texts.get(name, '')} {data}".split())


@pytest.fixture
def html(view):
    page = Balance()
    page.feed(render_table(view, "html"))
    page.close()
    assert page.open == []
    return page


def test_html_cells_hold_number_comparison_and_verdict_in_words(html):
    assert html.texts["dcec.table1.kmeans.mnist.acc"] == (
        "54.00 ± 1.00 n = 3 ③ published 54.24 difference -0.24, tolerance 4.97 ≈ reproduced"
    )
    assert html.texts["dcec.table1.kmeans.usps.acc"].endswith("? inconclusive")
    assert html.texts["dcec.table1.kendall-tau.mnist.acc"] == "0.33 3 methods ○"


def test_html_empty_cells_point_to_their_reason(html):
    assert html.texts["dcec.table1.sec.mnist.acc"] == "not computed 2 published 80.37"
    assert html.texts["note-2"] == "not yet implemented"


def test_html_escapes_every_text(view, html):
    text = render_table(view, "html")
    assert "DEC &lt;b&gt;|" in text
    assert "Deep &lt;Clustering&gt; &amp; more" in text
    assert "2 sources &lt; 1" in text
    assert "b" not in html.tags


def test_html_is_self_contained_with_a_dark_variant(view):
    text = render_table(view, "html")
    assert "prefers-color-scheme: dark" in text
    assert re.findall(r"""(?:src|href)=["'](?!#)|url\(|@import|<script""", text) == []


def test_markdown_has_equally_many_cells_in_each_line(view):
    text = render_table(view, "md")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(view.rows) + 1
    assert "0.33 (3 methods) ○" in lines[-1]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {4}
    assert lines[2] == (
        r"| **k-means\_1** | 54.00 ± 1.00 (n = 3) ③<br>published 54.24<br>difference -0.24, "
        "tolerance 4.97<br>≈ reproduced | 68.94 ± 20.08 (n = 3) ③<br>published 66.82<br>"
        "difference +2.12, tolerance 99.78<br>? inconclusive |"
    )
    assert "not computed<sup>2</sup><br>published 80.37" in lines[5]
    assert "2. not yet implemented" in text.splitlines()
    assert "> 5 seeds \\& fp32" in text.splitlines()


def test_latex_has_equally_many_columns_in_each_row(view):
    text = render_table(view, "tex")
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {3}
    assert rows[0] == r"k-means\_1 & ours & 54.00 $\pm$ 1.00 & 68.94 $\pm$ 20.08 \\"
    assert rows[1] == r"& seeds & 3 \textcircled{\scriptsize 3} & 3 \textcircled{\scriptsize 3} \\"
    assert rows[3] == r"& difference & $-0.24$ $\approx$ & $+2.12$ ? \\"
    assert r"\caption{DCEC, Table 1: Accuracy \& NMI, 100\% of $<$all$>$ sets}" in text
    assert text.count("{") == text.count("}")
    assert r"\multicolumn{1}{c}{USPS}" in text


def test_latex_tells_stamp_and_reasons(view):
    text = render_table(view, "tex")
    assert r"5 seeds \& fp32\par" in text
    assert r"\textsuperscript{2} not yet implemented\par" in text


def test_csv_has_a_line_for_every_number(view):
    lines = list(csv.DictReader(io.StringIO(render_table(view, "csv"))))
    assert len(lines) == len(view.rows) * 2 + 2
    assert lines[0] == {
        "row": "k-means_1",
        "column": "MNIST",
        "metric": "ACC (%)",
        "ours": "54.00 ± 1.00",
        "n": "3",
        "published": "54.24",
        "difference": "-0.24",
        "tolerance": "4.97",
        "verdict": "reproduced",
        "evidence": "predictions",
        "deviations": "",
        "reason": "",
        "address": "dcec.table1.kmeans.mnist.acc",
        "stamp": "5 seeds & fp32",
    }
    assert {line["reason"] for line in lines if not line["ours"]} == set(view.footnotes)
    found = {line["address"]: (line["evidence"], line["deviations"]) for line in lines}
    assert found["dcec.table1.kmeans.usps.acc"] == ("predictions", "scale all-rows")
    assert found["dcec.table1.dcec.mnist.acc"] == ("no record", "")
    assert found["dcec.table1.dec.usps.acc"] == ("", "scale all-rows")


@pytest.mark.parametrize("form", ["md", "tex", "html"])
def test_every_sign_of_evidence_is_explained(view, form):
    text = render_table(view, form)
    signs = {"tex": r"\textcircled{\scriptsize %d}"}.get(form)
    for number, name in enumerate(Rung, start=1):
        sign = signs % number if signs else "○①②③④⑤"[number]
        assert f"{sign} {name}: " in text


@pytest.mark.parametrize("form", ["md", "tex", "html"])
def test_deviations_that_touch_the_table_stand_below_it(view, form):
    text = render_table(view, form)
    assert "all rows on USPS: One seed. Effect: 2 points." in text
    assert "Nothing." not in text
    below = text[text.index("all rows on USPS") - 400 :]
    escaped = {"md": r"\& their \<scale\>", "tex": r"\& their $<$scale$>$",
               "html": "&amp; their &lt;scale&gt;"}  # fmt: skip
    assert f"Values {escaped[form]}. Effect: not measured." in below
    bare = render_table(replace(view, deviations=()), form)
    assert "eviations from the paper" in text and "eviations from the paper" not in bare


@pytest.mark.parametrize("form", ["md", "tex", "html"])
def test_an_effect_in_sentences_ends_once(view, form):
    text = render_table(view, form)
    assert "Effect: 2 points." in text and "points.." not in text


def test_rows_touched_in_equal_columns_are_named_together(view):
    assert [each.cells for each in view.deviations] == [
        "k-means_1 on USPS; DEC <b>|",
        "all rows on USPS",
    ]


@pytest.mark.parametrize("form", ["csv", "md", "tex", "html"])
def test_every_form_tells_the_reason_of_an_empty_cell_once_or_more(view, form):
    assert "not yet implemented" in render_table(view, form)


@pytest.mark.parametrize("form", ["md", "tex", "html"])
def test_a_number_without_verdict_points_to_the_reason(view, form):
    first = view.rows[0].cells[0]
    bare = replace(first, verdict="", sign="", tolerance="", note=2)
    row = replace(view.rows[0], cells=(bare, view.rows[0].cells[1]))
    text = render_table(replace(view, rows=(row, *view.rows[1:])), form)
    expected = {
        "md": "difference -0.24<br>no verdict<sup>2</sup>",
        "tex": r"$-0.24$\textsuperscript{2}",
        "html": '<div class="quiet">no verdict<sup><a href="#note-2">2</a></sup>',
    }
    assert expected[form] in text


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_table_that_the_paper_has_no_number_for_shows_ours_alone(view, form):
    bare = replace(view.rows[0].cells[0], published="", difference="", tolerance="", verdict="")
    row = replace(view.rows[0], cells=(replace(bare, note=2), bare))
    text = render_table(replace(view, compared=False, rows=(row,)), form)
    assert "published " not in text.partition("Ours: mean")[0].replace("published and", "")
    assert "no verdict" not in text
    assert "54.00" in text
    assert {"md": "③<sup>2</sup> |", "html": '<sup><a href="#note-2">2</a></sup></div>'}[
        form
    ] in text


def test_files_take_their_form_from_the_suffix(view, tmp_path):
    write_table(tmp_path / "tables/table1.md", view)
    written = (tmp_path / "tables/table1.md").read_text(encoding="utf-8")
    assert written == render_table(view, "md")


def test_an_unknown_form_is_refused(view, tmp_path):
    with pytest.raises(ConfigError, match="no form 'docx'; use one of csv, md, tex, html"):
        write_table(tmp_path / "table1.docx", view)
    assert list(tmp_path.iterdir()) == []
