"""Which files figures are drawn from."""

import pytest

from clustrace.config.drawn import drawn_files, embeddings, histories, map_dataset
from clustrace.config.plan import Plan

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
    assert map_dataset(made, *map_of(made)) == dataset
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
