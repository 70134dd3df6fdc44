"""Embedding maps: equal bytes, titles, colours, and reasons in empty panels."""

import re
import struct

import numpy as np
import pytest

from clustrace.errors import ConfigError
from clustrace.report.embedding_map import Panel, write_embedding_map

POINTS = np.random.default_rng(0).normal(size=(50, 2))
CLUSTERS = np.arange(50) % 3
PANELS = [Panel("CAE+k-means", POINTS, CLUSTERS), Panel("DCEC", reason="diverged: too steep")]


def drawn(path, panels=PANELS, **fields):
    given = {"title": "DCEC: embeddings", "remarks": ["Data set: USPS.", "Not results."]}
    write_embedding_map(path, panels, **{**given, **fields})
    return path.read_bytes()


@pytest.mark.parametrize("form", ["png", "svg"])
def test_equal_panels_give_equal_bytes(tmp_path, form):
    first = drawn(tmp_path / f"a.{form}")
    assert drawn(tmp_path / f"b.{form}") == first
    moved = [Panel("CAE+k-means", POINTS + CLUSTERS[:, None], CLUSTERS), PANELS[1]]
    assert drawn(tmp_path / f"c.{form}", moved) != first


def test_the_png_is_1200_pixels_wide_whatever_the_number_of_panels(tmp_path):
    heights = []
    for count in (1, 3, 4):
        data = drawn(tmp_path / f"{count}.png", [PANELS[0]] * count)
        width, height = struct.unpack(">II", data[16:24])
        assert width == 1200
        heights.append(height)
    assert heights[0] == heights[1] < heights[2]


def comments(path):
    """Texts of an SVG, which matplotlib writes beside their outlines."""
    return re.findall(r"<!-- (.*?) -->", path.read_text())


def test_titles_remarks_and_reasons_are_printed(tmp_path):
    drawn(tmp_path / "a.svg")
    texts = comments(tmp_path / "a.svg")
    for text in ("CAE+k-means", "DCEC", "diverged: too steep", "Data set: USPS.", "Not results."):
        assert text in texts


def test_clusters_are_colours(tmp_path):
    drawn(tmp_path / "one.svg", [Panel("a", POINTS, np.zeros(50, int))])
    drawn(tmp_path / "ten.svg", [Panel("a", POINTS, np.arange(50) % 10)])
    colours = [
        set(re.findall(r"<use [^>]*fill: (#[0-9a-f]{6})", (tmp_path / file).read_text()))
        for file in ("one.svg", "ten.svg")
    ]
    assert [len(found) for found in colours] == [1, 10]


def test_without_any_samples_the_reasons_stand_alone(tmp_path):
    drawn(tmp_path / "a.svg", [Panel("a", reason="not run"), Panel("b", reason="not run")])
    assert comments(tmp_path / "a.svg").count("not run") == 2


def test_there_is_no_other_form(tmp_path):
    with pytest.raises(ConfigError, match="pdf"):
        drawn(tmp_path / "a.pdf")
