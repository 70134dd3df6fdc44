"""Counted work of Boltzmann machines against the machines themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clustrace.classify.dbm import DBM
from clustrace.classify.dbn import DBN
from clustrace.classify.kmeans_sparse import KMeansSparseAutoencoder
from clustrace.classify.rbm import RBM
from clustrace.classify.third_order import ThirdOrderRBM
from clustrace.estimate.layered import LAYERED, Learning

X = np.random.default_rng(0).random((50, 6)).astype(np.float32)
FEW = {"batch_size": 20}
LEARNERS = [
    (RBM, {"hidden_units": 4, "epochs": 2, **FEW}),
    (DBN, {"hidden_units": [4, 3], "layer_epochs": 2, **FEW}),
    (
        DBM,
        {
            "hidden_units": [4, 3],
            "layer_epochs": 2,
            "stack_epochs": 1,
            "mean_field_updates": 2,
            "chains": 5,
            "gibbs_updates": 1,
            **FEW,
        },
    ),
]


@pytest.mark.parametrize(
    ("learner", "arguments"), LEARNERS, ids=lambda a: getattr(a, "__name__", "")
)
def test_steps_and_parameters_of_a_machine(learner: Any, arguments: dict[str, Any]) -> None:
    fitted = learner(**arguments, random_state=0).fit(X)
    learnt = LAYERED[learner.__name__](Learning(50, 6, 0, arguments, {}))
    last = {row.get("phase"): row["iteration"] for row in fitted.history_}
    assert learnt.steps == sum(last.values())
    assert learnt.parameters == sum(p.numel() for p in fitted.network_.parameters())


@pytest.mark.parametrize("clusters", [1, 2])
def test_clusters_part_the_work_of_a_sparse_autoencoder(clusters: int) -> None:
    arguments = {"n_clusters": clusters, "hidden_units": [4, 3], "iterations": 2}
    learnt = LAYERED["KMeansSparseAutoencoder"](Learning(50, 6, 0, arguments, {}))
    fitted = KMeansSparseAutoencoder(**arguments, random_state=0).fit(X)
    assert learnt.steps == len(fitted.history_)
    assert learnt.parameters == sum(p.numel() for p in fitted.network_.parameters())
    assert learnt.products == pytest.approx(50 * 2 * 1.1 * 5 * (6 * 4 + 4 * 3) / clusters)


def test_the_whole_of_a_deep_machine_is_counted_beside_its_layers() -> None:
    arguments = LEARNERS[2][1]
    layers = LAYERED["DBN"](Learning(50, 6, 0, arguments, {}))
    whole = LAYERED["DBM"](Learning(50, 6, 0, arguments, {}))
    # Of a sample: W once and U six times, a quarter of a chain's update, energies of both.
    w, u = 24, 12
    expected = 50 * (w + 6 * u + 0.5 * (w + u) + 2.5 * (w + u))
    assert whole.products - layers.products == pytest.approx(expected)


@pytest.mark.parametrize("start", [{}, {"hidden_units": 5}])
def test_a_third_order_machine_has_weights_for_each_class(start: dict[str, Any]) -> None:
    arguments = {"hidden_units": 4, "epochs": 2, "learning_rate": [0.1, 0.2], **FEW}
    learnt = LAYERED["ThirdOrderRBM"](Learning(50, 6, 3, arguments, start))
    assert learnt.steps == 2 * 2 * 3
    features = RBM(5, epochs=1, random_state=0).fit(X) if start else None
    classifier = ThirdOrderRBM(features, **arguments, random_state=0).fit(X, np.arange(50) % 3)
    assert learnt.parameters == classifier.network_.output.weight.numel()
