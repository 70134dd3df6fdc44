"""Widths of networks: each kind of network has those that its record declares."""

from types import SimpleNamespace

import pytest

from clustrace.audit.arrays import Arrays
from clustrace.audit.checks.artefacts import _faults
from clustrace.nets.convolutional import ConvolutionalNetwork
from clustrace.nets.dense import DenseAutoencoder
from clustrace.nets.dual import DualNetwork
from clustrace.stages.training import network_arrays

DENSE = ("autoencoder:Autoencoder", {"hidden_units": [12, 12], "embedding_size": 3})
CONVOLUTIONAL = ("convolutional:ConvolutionalAutoencoder", {"filters": [4, 4, 8]})
DUAL = ("dual_autoencoder:DualAutoencoder", {"filters": [4, 8], "embedding_size": 5})


def faults(network, learner, *, later=False, **changes):
    estimator, arguments = learner
    start = {
        "estimator": f"clustrace.train.{estimator}",
        "arguments": {"embedding_size": 10} | arguments | changes,
    }
    training = {"estimator": "clustrace.cluster.any:Any", "arguments": {}, "pretrained": start}
    record = SimpleNamespace(parameters=training if later else start, seeds=[0])
    artefact = Arrays({"status": "ok"}, {}, network_arrays(network, 0))
    return list(_faults(SimpleNamespace(record=record), artefact))


@pytest.mark.parametrize("later", [False, True], ids=["pre-training", "fine-tuning"])
@pytest.mark.parametrize(
    ("network", "learner"),
    [
        (DenseAutoencoder(16, [12, 12], 3), DENSE),
        (ConvolutionalNetwork((28, 28), 10, (4, 4, 8)), CONVOLUTIONAL),
        (DualNetwork((16, 16), 5, (4, 8)), DUAL),
    ],
    ids=["dense", "convolutional", "dual"],
)
def test_widths_are_those_declared(network, learner, later):
    assert faults(network, learner, later=later) == []


def test_a_missing_pair_of_convolutions_is_noticed():
    network = DualNetwork((16, 16), 5, (4, 8))
    assert faults(network, DUAL, filters=[4, 4, 8]) == [
        ("seed 0 has encoder layers of [4, 4, 8, 8, 5] units", "[4, 4, 4, 4, 8, 8, 5]")
    ]


def test_layers_of_the_same_width_are_not_taken_for_pairs():
    assert faults(DenseAutoencoder(16, [12], 3), DENSE) == [
        ("seed 0 has encoder layers of [12, 3] units", "[12, 12, 3]")
    ]
