"""Filters as grids of small images, and histograms of activities."""

import numpy as np
import pytest

from clustrace.report.networks import Shown, tiled, write_activations, write_filters

GREY = np.arange(5 * 2 * 3, dtype=np.float32).reshape(5, 2, 3) - 10


def test_filters_stand_in_a_grid_each_on_its_own_scale():
    grid = tiled(GREY)
    assert grid.shape == (2 * 3 - 1, 3 * 4 - 1)
    first = grid[:2, :3]
    np.testing.assert_allclose(first, 0.5 + GREY[0] / 20, atol=1e-6)
    assert (grid[2] == 1).all(), "a line between the images"
    assert (grid[3:, 8:] == 1).all(), "no sixth image"


def test_colours_go_from_the_smallest_to_the_largest_value():
    colours = np.random.default_rng(0).normal(size=(4, 2, 2, 3))
    grid = tiled(colours)
    assert grid.shape == (5, 5, 3)
    assert grid[:2, :2].min() == 0 and grid[:2, :2].max() == 1


def test_of_other_channels_the_first_is_drawn():
    pairs = np.random.default_rng(0).normal(size=(4, 2, 2, 2))
    np.testing.assert_array_equal(tiled(pairs), tiled(pairs[..., 0]))


def test_units_without_weights_are_grey():
    assert (tiled(np.zeros((1, 2, 2))) == 0.5).all()


@pytest.mark.parametrize("form", ["png", "svg"])
def test_equal_arrays_give_equal_pictures(tmp_path, form):
    filters = [
        Shown("k = 25", {"filters": GREY, "coherence": np.array([0.5])}),
        Shown("k = 10", reason="not computed"),
    ]
    edges, counts = np.linspace(0, 2, 5), np.array([100, 10, 0, 1])
    activities = [Shown("k = 25", {"edges": edges, "counts": counts}), filters[1]]
    for write, shown in ((write_filters, filters), (write_activations, activities)):
        pictures = []
        for number in (1, 2):
            path = tmp_path / f"{number}.{form}"
            write(path, shown, title="Networks", remarks=["A test."])
            pictures.append(path.read_bytes())
        assert pictures[0] == pictures[1]


def test_the_coherence_of_all_filters_is_told(tmp_path):
    shown = [Shown("k = 25", {"filters": GREY, "coherence": np.array([0.657])})]
    write_filters(tmp_path / "a.svg", shown, title="Networks", remarks=["A test."])
    assert "mutual coherence of all: 0.66" in (tmp_path / "a.svg").read_text()


def test_counts_are_told_in_digits(tmp_path):
    edges, counts = np.linspace(0, 2, 5), np.array([100_000, 10, 0, 1])
    shown = [Shown("k = 25", {"edges": edges, "counts": counts})]
    write_activations(tmp_path / "a.svg", shown, title="Networks", remarks=["A test."])
    picture = (tmp_path / "a.svg").read_text()
    assert ">10,000<" in picture or "<!-- 10,000 -->" in picture
    assert "10^" not in picture
