"""Which files figures are drawn from."""

import pytest

from clustrace.config.drawn import (
    drawn_datasets,
    drawn_files,
    embeddings,
    histories,
    labelled_candidates,
    labelled_datasets,
    panels,
)
from clustrace.config.plan import Plan, Run

PROTOCOL = """\
slug: tiny
title: Tiny
stamp: nothing
seeds: 3
seeds_per_job: 1
verdicts: false
"""


def plan(copy, **given):
    copy.write("protocols/tiny.yaml", PROTOCOL)
    return Plan(copy.load(protocol="tiny", **given))


def relative(copy, paths):
    return [path.relative_to(copy.root).as_posix() for path in paths]


def test_histories_are_those_of_the_trainings_behind_the_runs(copy):
    made = plan(copy, datasets="usps", methods="kmeans,sae-kmeans,dec,idec")
    assert relative(copy, histories(made, made.papers[0])) == [
        f"results/tiny/runs/usps/{method}/0/history.csv" for method in ("sae", "dec", "idec")
    ]


def map_of(made):
    paper = made.papers[0]
    return paper, paper.figure("figure3")


@pytest.mark.parametrize(
    ("given", "dataset"),
    [
        ({}, "mnist-full"),
        ({"datasets": "usps,mnist-test"}, "mnist-test"),
        ({"datasets": "usps"}, None),
        ({"methods": "kmeans,dec"}, None),
    ],
)
def test_an_embedding_map_shows_the_first_of_its_data_sets_that_is_run(copy, given, dataset):
    made = plan(copy, papers="dcec", **given)
    assert drawn_datasets(made, *map_of(made)) == ((dataset,) if dataset else ())
    assert bool(embeddings(made, *map_of(made))) == (dataset is not None)


def test_embeddings_are_those_of_the_first_block_and_the_methods_that_are_run(copy):
    made = plan(copy, papers="dcec", datasets="mnist-test", methods="dcec,dec-conv,dec")
    folder = "results/tiny/runs/mnist-test"
    paper = made.papers[0]
    assert relative(copy, drawn_files(made, paper, paper.figure("figure3"))) == [
        f"{folder}/dec-conv/0/embedding-1000.safetensors",
        f"{folder}/dcec/0/embedding-1000.safetensors",
    ]
    curves = paper.figure("learning-curves")
    assert drawn_files(made, paper, curves) == histories(made, paper)
    some = curves.model_copy(update={"methods": ["dcec", "cae"]})
    assert relative(copy, drawn_files(made, paper, some)) == [
        f"results/tiny/runs/mnist-test/{method}/0/history.csv" for method in ("cae", "dcec")
    ]


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
  - slug: sizes
    kind: class-sizes
    caption: Sizes.
    datasets: [usps, mnist-test]
  - slug: over-time
    kind: score-curves
    caption: Scores.
    methods: [dcec, idec]
    datasets: [mnist-full]
    stand_in: usps
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


@pytest.fixture
def with_others(copy):
    def made(**given):
        copy.edit("papers/dcec.yaml", "claims:\n", OTHERS + "claims:\n")
        return plan(copy, papers="dcec", **given)

    return made


def files_of(copy, made, slug):
    paper = made.papers[0]
    found = relative(copy, drawn_files(made, paper, paper.figure(slug)))
    return [path.removeprefix("results/tiny/") for path in found]


def test_a_stand_in_is_computed_beside_the_first_data_set(copy, with_others):
    made = with_others(datasets="mnist-full,usps")
    embedded = [
        f"runs/{run}/0/embedding-50.safetensors"
        for run in (
            "digits/features", "mnist-full/features", "mnist-full/dcec", "usps/features",
            "usps/dcec",
        )
    ]  # fmt: skip
    truths = [f"truth/{name}.safetensors.gz" for name in ("digits", "mnist-full", "usps")]
    assert files_of(copy, made, "classes") == embedded + truths
    scored = files_of(copy, made, "over-time")
    assert len(scored) == 2 * 2 * 3
    assert scored[0] == "runs/mnist-full/dcec/0/metrics.json"


def test_panels_show_what_the_data_came_from_then_features_then_methods(with_others):
    figure = with_others().papers[0].figure("classes")
    assert panels(figure, "usps") == (
        Run("digits", "features"),
        Run("usps", "features"),
        Run("usps", "dcec"),
    )
    assert labelled_candidates(figure) == ("mnist-full", "usps", "digits")


def test_true_classes_are_read_by_the_figures_that_show_them_alone(with_others):
    made = with_others(datasets="usps")
    paper = made.papers[0]
    shown = {f.slug: labelled_datasets(made, paper, f) for f in paper.figures}
    assert shown == {
        "learning-curves": (), "figure3": (), "classes": ("digits", "usps"), "sizes": ("usps",),
        "over-time": (), "swept": (),
    }  # fmt: skip


def test_sweeps_are_drawn_from_all_seeds_of_their_rows(copy, with_others):
    made = with_others(seeds=2)
    assert files_of(copy, made, "swept") == [
        f"runs/usps/{method}/{seed}/metrics.json" for method in ("idec", "dcec") for seed in (0, 1)
    ]
