"""Seeds in records, files and histories: what each check must notice."""

import numpy as np
import pytest

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
