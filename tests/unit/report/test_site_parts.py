"""Parts of the site's pages."""

import json

import numpy as np
import pytest
import yaml
from tests.results_tree import ledger_row
from tests.small_config import CHECKOUT

from clustrace.evaluate.verdicts import VerdictKind
from clustrace.report.curves import Curve
from clustrace.report.site.charts import bars, chart
from clustrace.report.site.equations import mathml
from clustrace.report.site.packs import script
from clustrace.report.site.pictures import _sheet
from clustrace.report.site.standing import MISSING, OPEN, UNPUBLISHED, reasons, shares, standing_of

EQUATIONS = sorted(
    {
        equation
        for path in (CHECKOUT / "config/methods").glob("*.yaml")
        if (equation := yaml.safe_load(path.read_text()).get("equation"))
    }
)


def row(name, **changes):
    return ledger_row("paper", name, "", **changes)


def test_standing_of_cells():
    judged = row("a", published=50.0, verdict=VerdictKind.LOWER, n=3)
    assert (standing_of(judged).slug, standing_of(judged).sign) == ("lower", "↓")
    assert standing_of(row("a", published=50.0)) is OPEN
    assert standing_of(row("a")) is UNPUBLISHED
    assert standing_of(row("a", value=None, reason="diverged")) is MISSING


def test_shares_add_up_and_reasons_are_counted():
    rows = [
        row("a", value=None, reason="diverged"),
        row("b", value=None, reason="diverged"),
        row("c", value=None, reason="unreachable"),
        row("d"),
    ]
    found = shares(rows)
    assert [(share.standing, share.count) for share in found] == [(UNPUBLISHED, 1), (MISSING, 3)]
    assert sum(share.percent for share in found) == pytest.approx(100)
    first, second = reasons(rows, MISSING)
    assert (first.text, first.count, first.example) == ("diverged", 2, "paper.t.a.c.acc")
    assert second.count == 1
    assert shares([]) == ()


@pytest.mark.parametrize("latex", EQUATIONS)
def test_every_equation_of_the_configuration_can_be_shown(latex):
    shown = mathml(latex)
    assert shown.startswith('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">')
    assert shown.endswith("</annotation></semantics></math>")


def test_latex_that_is_not_understood_is_shown_as_written():
    assert mathml(r"x_a_b < 1") == r"<code>x_a_b &lt; 1</code>"


def test_scripts_hold_what_json_may_and_javascript_may_not():
    value = {"a": "</script>\u2028\u2029<\\/", "b": [1, None, "é"]}
    text = script("x/y", value)
    assert text.startswith('clustrace.put("x/y",{')
    assert not any(sign in text for sign in ("</", "\u2028", "\u2029"))
    assert json.loads(text.removeprefix('clustrace.put("x/y",').removesuffix(");\n")) == value


def curve(values, quantity="loss"):
    return Curve("A", "a", "pretrain", "D", 0, list(range(len(values))), {"loss": values}, quantity)


def test_losses_over_decades_have_a_logarithmic_axis():
    wide = chart("t", [curve([100.0, 1.0, 0.01])])
    assert wide is not None
    assert wide.quantity == "loss (log scale)"
    y = [float(point.split(",")[1]) for point in wide.lines[0].points.split()]
    assert y[1] - y[0] == pytest.approx(y[2] - y[1], abs=0.1)
    narrow = chart("t", [curve([0.5, 0.4])])
    assert narrow is not None and narrow.quantity == "loss"
    assert 2 <= len(narrow.y_ticks) <= 7


def test_shares_go_from_nought_to_one():
    drawn = chart("t", [curve([1.0, 0.0], "share")])
    assert drawn is not None
    assert [tick.text for tick in drawn.y_ticks][:1] == ["0"]
    assert drawn.lines[0].last == "0"


@pytest.mark.parametrize("values", [[], [float("nan")]])
def test_no_points_no_chart(values):
    assert chart("t", [curve(values)]) is None


def test_a_constant_loss_is_a_line():
    drawn = chart("t", [curve([0.5, 0.5, 0.5])])
    assert drawn is not None
    assert len({point.split(",")[1] for point in drawn.lines[0].points.split()}) == 1


def test_long_histories_are_thinned():
    drawn = chart("t", [curve(list(np.linspace(1, 2, 5000)))])
    assert drawn is not None
    assert len(drawn.lines[0].points.split()) == 150


def test_bars_are_relative_to_the_highest():
    assert [bar.percent for bar in bars([("0", 5), ("1", 20)])] == [25, 100]
    assert bars([]) == ()


def test_sample_sheet_has_a_row_for_each_class():
    images = np.repeat(np.linspace(0, 1, 6, dtype=np.float32), 4).reshape(6, 2, 2)
    sheet = _sheet(images, np.array([1, 0, 1, 0, 1, 0]))
    assert sheet.shape == (2 * 4, 10 * 4)
    assert sheet[0, 0] == round(255 * 0.2)
    assert sheet[4, 0] == 0
    assert sheet[0, 2] == 255
