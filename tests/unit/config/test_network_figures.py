"""Figures of networks, sweeps over what a method starts from, and claims on errors and times."""

import pytest

from clustrace.config.papers import Metric

FILTERS = "methods: [k-sparse-70, k-sparse-40, k-sparse-25, k-sparse-10]"
FIGURE = "    dataset: mnist-classes\n    methods: [k-sparse-70, k-sparse-40"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (FILTERS, "methods: [k-sparse-71]", "there is no 'pretrain' method 'k-sparse-71'"),
        (FILTERS, "methods: [mlp]", "there is no 'pretrain' method 'mlp'"),
        (FIGURE, FIGURE.replace("mnist-classes", "mnist-clases"), "did you mean 'mnist-classes'"),
        (FIGURE, FIGURE.replace("mnist-classes", "synthetic"), "give the figure an image_shape"),
    ],
)
def test_faults_of_figures_of_networks(copy, old, new, sentence):
    where = copy.edit("papers/k-sparse.yaml", old, new)
    said = copy.said()
    assert sentence in said
    assert said.startswith(where.rpartition(":")[0])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ("among: [k-sparse-40, k-sparse-26, k-sparse-10]", "table1 row 'k-sparse-26'"),
        ("among: []", ""),
    ],
)
def test_rows_that_one_is_the_best_of(copy, changes, sentence):
    old = "among: [k-sparse-40, k-sparse-25, k-sparse-10]"
    copy.edit("papers/k-sparse.yaml", old, changes)
    if sentence:
        assert sentence in copy.said()
    else:
        copy.load()


BEST = """    kind: best
    row: k-sparse-25
    among: [k-sparse-40, k-sparse-25, k-sparse-10]
"""
TREND = """    kind: trend
    rows: [k-sparse-40, k-sparse-25, k-sparse-11]
    direction: falls
"""


def test_rows_of_a_trend_must_be_those_of_the_table(copy):
    copy.edit("papers/k-sparse.yaml", BEST, TREND)
    assert "table1 row 'k-sparse-11'" in copy.said()


SWEEP = """figures:
  - slug: swept
    kind: sweep
    caption: Errors against k.
    table: table1
    column: mnist
    axis: k
    lines:
      - {slug: k, printed: k-sparse, parameter: NAME, rows: [k-sparse-10, k-sparse-25]}
"""


def test_a_sweep_goes_over_what_its_methods_start_from(copy):
    copy.edit("papers/k-sparse.yaml", "figures:\n", SWEEP.replace("NAME", "k"))
    experiment = copy.load()
    found = [experiment.argument(f"k-sparse-{k}-logistic", "mnist-classes", "k") for k in (10, 25)]
    assert found == [10, 25]
    with pytest.raises(KeyError):
        experiment.argument("k-sparse-10-logistic", "mnist-classes", "kk")


def test_a_sweep_over_nothing_is_a_fault(copy):
    copy.edit("papers/k-sparse.yaml", "figures:\n", SWEEP.replace("NAME", "kk"))
    assert "nor have those that it starts from" in copy.said()


@pytest.mark.parametrize(
    ("metric", "unit", "heading"),
    [
        ("acc", "percent", "M (%)"),
        ("nmi", "fraction", "M"),
        ("error", "percent", "M (%, lower is better)"),
        ("total_seconds", "seconds", "M (s, lower is better)"),
        ("parameters", "millions", "M (millions)"),
    ],
)
def test_headings_tell_units_and_directions(metric, unit, heading):
    found = Metric(slug="m", printed="M", metric=metric, unit=unit, decimals=1)
    assert found.heading == heading
    assert found.lower_is_better == ("lower" in heading)


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("error", "seconds"),
        ("total_seconds", "percent"),
        ("inference_seconds", "ratio"),
        ("operations", "fraction"),
        ("acc", "millions"),
    ],
)
def test_seconds_scores_and_sizes_have_units_of_their_own(metric, unit):
    with pytest.raises(ValueError, match="does not have the unit"):
        Metric(slug="m", printed="M", metric=metric, unit=unit, decimals=1)


def test_sizes_stand_in_a_table_of_their_own(copy):
    copy.edit(
        "papers/emaec.yaml", "metric: parameters, unit: millions", "metric: acc, unit: percent"
    )
    assert "sizes of networks need a table of their own" in copy.said()


def test_a_size_is_of_a_network_with_declared_widths(copy):
    copy.edit("papers/emaec.yaml", "method: sae}", "method: cae}")
    assert "'cae' has no dense network of its own to be counted" in copy.said()
