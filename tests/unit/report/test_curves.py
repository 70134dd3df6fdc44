"""Learning curves: equal bytes, panels, and what is left out of them."""

import math
import re
import struct

import matplotlib
import pytest

from clustrace.errors import ConfigError
from clustrace.report.curves import Curve, write_curves


def curve(stage="Fine-tuning", dataset="USPS", seed=0, method="dec", **fields):
    given = {
        "iterations": range(0, 500, 100),
        "series": {"loss": [0.5, 0.3 + 0.01 * seed, math.nan, 0.0, 0.1]},
    }
    return Curve(
        label=method.upper(), method=method, stage=stage, dataset=dataset, seed=seed,
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


def test_values_that_a_log_axis_cannot_show_are_left_out(tmp_path):
    usable = curve(iterations=[0, 100, 400], series={"loss": [0.5, 0.3, 0.1]})
    assert drawn(tmp_path / "a.png", [curve()]) == drawn(tmp_path / "b.png", [usable])


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
