"""Learning curves: equal bytes, panels, and what is left out of them."""

import math
import re
import struct

import matplotlib
import pytest

from clustrace.errors import ConfigError
from clustrace.report.curves import Curve, _figure, write_curves


def curve(stage="Fine-tuning", dataset="USPS", seed=0, method="dec", **fields):
    given = {
        "iterations": range(0, 500, 100),
        "series": {"loss": [0.5, 0.3 + 0.01 * seed, math.nan, 0.2, 0.1]},
    }
    return Curve(
        name=method.upper(), method=method, stage=stage, dataset=dataset, seed=seed,
        **{**given, **fields},
    )  # fmt: skip


CURVES = [
    curve(),
    curve(seed=1),
    curve(dataset="MNIST $x$", method="dcec"),
    curve(stage="Pre-training", method="sae"),
    curve(quantity="share", series={"changed labels": [0.3, 0.2, 0.1, 0.0, 0.0]}),
]


def drawn(path, curves=CURVES, **fields):
    given = {"title": "DCEC", "stamp": "Not results.", "notes": ["DEC on MNIST: unreachable."]}
    write_curves(path, curves, **{**given, **fields})
    return path.read_bytes()


@pytest.mark.parametrize("form", ["png", "svg"])
def test_equal_curves_give_equal_bytes(tmp_path, monkeypatch, form):
    first = drawn(tmp_path / f"a.{form}")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    monkeypatch.setitem(matplotlib.rcParams, "axes.facecolor", "red")
    assert drawn(tmp_path / f"b.{form}") == first
    assert drawn(tmp_path / f"c.{form}", CURVES[:-1]) != first


def test_the_figure_carries_no_date(tmp_path):
    assert b"<dc:date>" not in drawn(tmp_path / "a.svg")
    assert b"Software" not in drawn(tmp_path / "a.png")


def test_the_png_is_1200_pixels_wide(tmp_path):
    width, height = struct.unpack(">II", drawn(tmp_path / "a.png")[16:24])
    assert width == 1200
    assert height > 800


def svg_texts(path, curves, **fields):
    """Texts of a figure: matplotlib writes each as a comment beside its outlines."""
    return re.findall(r"<!-- (.*?) -->", drawn(path, curves, **fields).decode())


def test_there_is_a_panel_for_each_stage_and_data_set(tmp_path):
    texts = svg_texts(tmp_path / "a.svg", CURVES)
    for stage in ("Pre-training", "Fine-tuning"):
        for dataset in ("USPS", "MNIST $x$"):
            assert f"{stage}, {dataset}" in texts
    # Fine-tuning has a row for losses and one for shares; MNIST was never pre-trained.
    assert texts.count("Fine-tuning, USPS") == 2
    assert texts.count("no curves") == 2
    # An axis is named once in a row of panels.
    assert texts.count("loss (log scale)") == 2
    assert "share of samples" in texts


def test_legend_stamp_and_notes_stand_once(tmp_path):
    texts = svg_texts(tmp_path / "a.svg", CURVES)
    for text in ("DEC", "DCEC", "SAE", "changed labels"):
        assert text in texts
    assert texts.count("DEC") == 1
    assert "Not results." in texts
    assert "DEC on MNIST: unreachable." in texts


def test_without_curves_the_notes_say_why(tmp_path):
    texts = svg_texts(tmp_path / "a.svg", [], notes=["Nothing was trained."])
    assert "Nothing was trained." in texts
    assert "iteration" not in texts


def test_values_that_are_not_finite_are_left_out(tmp_path):
    given = curve(series={"loss": [0.5, 0.3, math.nan, math.inf, 0.1]})
    usable = curve(iterations=[0, 100, 400], series={"loss": [0.5, 0.3, 0.1]})
    assert drawn(tmp_path / "a.png", [given]) == drawn(tmp_path / "b.png", [usable])


def test_losses_below_zero_are_drawn_whole(tmp_path):
    losses = [4.0, 0.5, 0.0, -0.5, -60.0]
    below = curve(series={"loss": losses})
    assert below.points("loss")[1].tolist() == losses
    texts = svg_texts(
        tmp_path / "a.svg", [below, curve(dataset="MNIST", series={"loss": [1.0] * 5})]
    )
    assert "loss (log scale, linear around 0)" in texts
    assert "loss (log scale)" in texts


def test_the_legend_stands_below_the_panels_and_beside_no_title():
    names = [f"deep dropout autoencoder with fine-tuning, variant {i}" for i in range(30)]
    figure = _figure([curve(method=name) for name in names], "k-sparse", ["Not results."])
    figure.canvas.draw()
    *panels, below = figure.axes
    box = below.get_legend().get_window_extent()
    assert box.y1 <= min(axes.get_window_extent().y0 for axes in panels)
    assert figure.bbox.x0 <= box.x0
    assert box.x1 <= figure.bbox.x1
    assert box.y0 >= figure._supxlabel.get_window_extent().y1
    assert [text.get_text() for text in below.get_legend().texts] == [n.upper() for n in names]


def test_trainings_of_a_method_share_its_name_and_colour(tmp_path):
    trainings = [curve(training="layer 1"), curve(training="layer 2")]
    assert [each.label for each in trainings] == ["DEC, layer 1", "DEC, layer 2"]
    assert svg_texts(tmp_path / "a.svg", trainings).count("DEC") == 1


def test_long_histories_are_thinned(tmp_path):
    steps = 5000
    long = curve(iterations=range(steps), series={"loss": [1 + (i % 2) for i in range(steps)]})
    assert len(drawn(tmp_path / "a.svg", [long])) < 100_000


def test_many_methods_get_colours_of_their_own(tmp_path):
    figure = drawn(tmp_path / "a.svg", [curve(method=f"m{i}") for i in range(12)]).decode()
    assert len(set(re.findall(r"stroke: (#[0-9a-f]{6}); stroke-width: 2.5", figure))) == 12


def test_an_unknown_form_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no form 'gif'; use one of png, svg"):
        drawn(tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []
