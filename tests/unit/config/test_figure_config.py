"""Figures: what config/ may say of an embedding map."""

import pytest

from clustrace.stages.training import estimator_class


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("dec-conv, dcec]", "dec-con, dcec]", "'dec-con' — did you mean 'dec-conv'?"),
        ("[mnist-full, mnist-test]", "[mnist-full, digits]", "'digits'"),
        ("samples: 1000", "samples: 0", "greater than 0"),
        ("slug: figure3", "slug: table1", "the slug 'table1' stands in other addresses"),
        ("slug: figure3", "slug: claims", "the slug 'claims' stands in other addresses"),
        ("slug: figure3", "slug: learning-curves", "stands in other addresses"),
        ("kind: embedding-map", "kind: embeding-map", "did you mean 'embedding-map'?"),
    ],
)
def test_faults_are_told_with_their_place(copy, old, new, sentence):
    place = copy.edit("papers/dcec.yaml", old, new)
    said = copy.said()
    assert sentence in said
    assert said.startswith(place)


OTHERS = """\
  - slug: classes
    kind: embedding-map
    caption: By classes.
    methods: [dcec]
    datasets: [mnist-full]
    stand_in: usps
    samples: 50
    colours: classes
    features: true
    latent: digits
  - slug: over-time
    kind: score-curves
    caption: Scores.
    methods: [dcec, idec]
    datasets: [mnist-full]
    metrics: [acc]
  - slug: swept
    kind: sweep
    caption: Gamma.
    table: table1
    column: usps
    axis: gamma
    lines:
      - {slug: both, printed: Both, parameter: clustering_weight, rows: [idec, dcec]}
"""


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("", "", ""),
        ("stand_in: usps", "stand_in: ups", "'ups' — did you mean 'usps'?"),
        ("latent: digits", "latent: digit", "'digit' — did you mean 'digits'?"),
        ("colours: classes", "colours: clusters", "set colours to classes"),
        ("methods: [dcec, idec]", "methods: [dcec, sae-kmeans]", "has no labels over time"),
        ("metrics: [acc]", "metrics: [acc, f1]", "'f1'"),
        ("table: table1\n    column", "table: table2\n    column", "no table 'table2'"),
        ("column: usps", "column: ups", "no table1 column 'ups'"),
        ("rows: [idec, dcec]", "rows: [idce, dcec]", "no table1 row 'idce'"),
        ("rows: [idec, dcec]", "rows: [kmeans, dcec]", "no number 'clustering_weight'"),
        ("      - {slug: both", "      - {slug: both, printed: One, parameter: clustering_weight, "
         "rows: [idec]}\n      - {slug: both", "'both' stands twice"),
    ],
)  # fmt: skip
def test_faults_of_the_other_kinds_are_told(copy, old, new, sentence):
    assert old in OTHERS
    copy.edit("papers/dcec.yaml", "claims:\n", OTHERS.replace(old, new) + "claims:\n")
    if sentence:
        assert sentence in copy.said()
    else:
        assert copy.load().papers["dcec"].figure("swept").lines[0].rows == ["idec", "dcec"]


def test_zero_has_no_place_on_a_logarithmic_axis(copy):
    copy.edit("methods/dcec.yaml", "clustering_weight: {value: 0.1", "clustering_weight: {value: 0")
    copy.edit("papers/dcec.yaml", "claims:\n", OTHERS + "claims:\n")
    assert "set scale to linear" in copy.said()
    copy.edit("papers/dcec.yaml", "axis: gamma\n", "axis: gamma\n    scale: linear\n")
    assert copy.load().papers["dcec"].figure("swept").scale == "linear"


@pytest.mark.parametrize("slug", ["features", "classes"])
def test_methods_have_no_slug_that_stands_for_the_data(copy, slug):
    text = (copy.config / "methods/kmeans.yaml").read_text()
    copy.write(f"methods/{slug}.yaml", text.replace("slug: kmeans", f"slug: {slug}"))
    assert "stands for the data themselves" in copy.said()


def test_methods_without_a_network_that_are_drawn_store_their_embedding(copy):
    """Nothing but the class of a method tells; config/ alone cannot check it."""
    experiment = copy.load()
    for paper in experiment.papers.values():
        for figure in paper.figures:
            for slug in figure.methods if figure.kind == "embedding-map" else ():
                method = experiment.methods[slug]
                if method.stage == "cluster":
                    assert estimator_class(method.estimator).stores_embedding


@pytest.mark.parametrize("method", ["sae-layerwize", "rbm"])
def test_learning_curves_are_of_trainings_behind_the_tables(copy, method):
    place = copy.edit("papers/emaec.yaml", "methods: [emaec-ae]", f"methods: [{method}]")
    assert copy.said().startswith(f"{place}: there is no method in the tables {method!r}")
