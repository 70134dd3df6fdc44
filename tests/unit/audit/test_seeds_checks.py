"""Seeds in records, files and histories: what each check must notice."""

import dataclasses

import numpy as np
import pytest

from clustrace.audit.model import Status
from clustrace.data.artefact import read_artefact, write_artefact

MODEL = "models/digits/kmeans/0/model.safetensors"
PREDICTIONS = "runs/digits/kmeans/0/predictions.safetensors.gz"
DIVERGED = {"status": "diverged", "reason": "not finite", "origin": "cluster"}


def rewrite(results, path, arrays, **about):
    path = results.path(path)
    found = read_artefact(path)
    write_artefact(path, arrays(dict(found.arrays)), about=found.about | about)
    results.restate(path)


def test_a_seed_said_to_have_failed_in_one_file_alone(results):
    rewrite(results, PREDICTIONS, lambda arrays: {}, failures={"0": DIVERGED})
    assert "RUN-006" in results.failed()


def test_generators_with_other_seeds(results):
    record = results.record("cluster", "digits/kmeans/0")
    results.change(record, lambda content: content.update(generators={"random_state": [9]}))
    assert results.failed() == {"RUN-006"}


def test_weights_of_another_seed(results):
    other = read_artefact(results.path("models/digits/kmeans/1/model.safetensors"))
    rewrite(results, MODEL, lambda arrays: {"seed-0/centroids": other.arrays["seed-1/centroids"]})
    assert results.failed() == {"RUN-007"}


def test_equal_centroids_of_collapsed_networks_are_no_fraud(results):
    for seed in (0, 1):
        rewrite(
            results,
            f"models/digits/kmeans/{seed}/model.safetensors",
            lambda arrays: {name: np.zeros_like(array) for name, array in arrays.items()},
        )
    assert "RUN-007" not in results.failed()


@pytest.mark.parametrize(
    ("path", "edit"),
    [
        ("runs/digits/sae/0/history.csv", lambda lines: lines[:1]),
        (
            "runs/digits/idec/0/history.csv",
            lambda lines: [line.replace("0,3,", "0,2,") for line in lines],
        ),
    ],
)
def test_histories_without_a_seed_or_with_other_iterations(results, path, edit):
    path = results.path(path)
    lines = path.read_text().splitlines(keepends=True)
    assert edit(lines) != lines
    results.write(path, "".join(edit(lines)).encode())
    results.restate(path)
    assert "RUN-011" in results.failed()


def declared_with(declared, **methods):
    """Experiments in which methods are declared otherwise."""
    (experiment,) = declared["experiments"].values()
    changed = {
        slug: experiment.methods[slug].model_copy(update=fields) for slug, fields in methods.items()
    }
    methods = {**experiment.methods, **changed}
    return {"mini": dataclasses.replace(experiment, methods=methods)}


def same_labels(results, count=None):
    """Give all seeds of k-means the label vector of the first, with at most so many clusters."""
    labels = read_artefact(results.path(PREDICTIONS)).arrays["seed-0"]
    labels = labels if count is None else labels % count
    for seed in range(3):
        rewrite(
            results,
            f"runs/digits/kmeans/{seed}/predictions.safetensors.gz",
            lambda arrays, seed=seed: {f"seed-{seed}": labels},
        )


def seeds_found(results, **options):
    return {
        each.status
        for section in results.audit(**options).sections
        for outcome in section.outcomes
        if outcome.check.id == "RUN-007"
        for each in outcome.observations
        if "digits/kmeans" in each.subject
    }


def test_a_method_that_draws_nothing_gives_all_seeds_the_same(results, declared):
    experiments = declared_with(declared, kmeans={"deterministic": True})
    assert Status.FAILED in seeds_found(results, experiments=experiments)
    same_labels(results)
    assert seeds_found(results, experiments=experiments) == {Status.PASSED}
    assert Status.FAILED in seeds_found(results)


def test_few_clusters_may_have_equal_numbers_by_chance(results):
    same_labels(results, 4)
    assert seeds_found(results) == {Status.PASSED, Status.SKIPPED}
