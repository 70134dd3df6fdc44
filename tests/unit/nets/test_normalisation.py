import copy

import pytest
import torch
import torch.nn.functional as F

from clustrace.errors import NotApplicableError
from clustrace.nets.dense import DenseAutoencoder
from clustrace.nets.normalisation import UnitNormalisation, normalising

BATCH = torch.randn(40, 3, generator=torch.Generator().manual_seed(0)) * 4 + 7


def _layer(kind):
    (layer,) = normalising(kind, 3)
    with torch.no_grad():
        layer.reset()
        layer.gain.copy_(torch.tensor([0.0, 1.0, -0.5]))
        layer.shift.copy_(torch.tensor([0.0, 0.0, 2.0]))
    return layer


def test_batch_normalisation_is_torchs():
    ours, theirs = _layer("batch"), torch.nn.BatchNorm1d(3)
    with torch.no_grad():
        theirs.weight.copy_(1 + ours.gain)
        theirs.bias.copy_(ours.shift)
    torch.testing.assert_close(ours(BATCH), theirs(BATCH))


def test_centring_leaves_the_variance():
    made = _layer("centring")(BATCH)
    expected = (BATCH - BATCH.mean(dim=0)) * torch.tensor([1.0, 2.0, 0.5])
    torch.testing.assert_close(made, expected + torch.tensor([0.0, 0.0, 2.0]))


def test_outside_training_a_sample_does_not_depend_on_those_beside_it():
    layer = _layer("centring")
    for _ in range(200):
        layer(BATCH)
    layer.eval()
    torch.testing.assert_close(layer.mean, BATCH.mean(dim=0))
    torch.testing.assert_close(layer(BATCH)[:5], layer(BATCH[:5]))


def test_a_batch_of_one_sample_is_not_normalised_to_nothing():
    layer = _layer("batch")
    layer(BATCH)
    before = layer.mean.clone()
    single = layer(BATCH[:1])
    assert torch.equal(layer.mean, before)
    torch.testing.assert_close(single, layer.eval()(BATCH[:1]))


def test_none_and_unknown():
    assert normalising("none", 3) == []
    with pytest.raises(NotApplicableError, match="no normalisation 'bach'; use one of none, cent"):
        normalising("bach", 3)


def _network(**more):
    return DenseAutoencoder(6, (5, 4), 2, seed=3, **more)


def test_tied_weights_are_those_of_the_encoder_also_in_a_copy():
    network = copy.deepcopy(_network(tied=True))
    names = [name for name, _ in network.named_parameters()]
    assert names.count("encoder.0.weight") == 1
    assert [name for name in names if "decoder" in name] == [
        "decoder.0.bias",
        "decoder.2.bias",
        "decoder.4.bias",
    ]
    x = torch.randn(7, 6)
    with torch.no_grad():
        network.encoder[0].weight.mul_(3)
        z = network.encode(x)
        h = torch.relu(F.linear(z, network.encoder[4].weight.t()))
        h = torch.relu(F.linear(h, network.encoder[2].weight.t()))
        torch.testing.assert_close(network.decode(z), F.linear(h, network.encoder[0].weight.t()))


def test_layers_and_their_counterparts_make_up_the_network():
    network = _network(normalisation="centring", activate_embedding=True, tied=True)
    sizes = [(len(forth), len(back)) for forth, back in network.layers]
    assert sizes == [(3, 1), (3, 2), (3, 2)]
    x = torch.randn(7, 6)
    network.eval()
    z = x
    for forth, _ in network.layers:
        z = forth(z)
    y = z
    for _, back in reversed(network.layers):
        y = back(y)
    reconstruction, embedding = network(x)
    assert torch.equal(z, embedding)
    assert torch.equal(y, reconstruction)


@pytest.mark.parametrize("activated", [False, True])
def test_activations_of_embedding_and_output(activated):
    network = _network(activate_embedding=activated, activate_output=activated)
    x = torch.randn(50, 6)
    output, embedding = network(x)
    assert bool((embedding >= 0).all()) is activated
    assert bool((output >= 0).all()) is activated


def test_only_activated_layers_of_the_encoder_are_normalised():
    network = _network(normalisation="batch")
    kinds = [type(module).__name__ for module in network.encoder]
    assert kinds == ["Linear", "UnitNormalisation", "ReLU"] * 2 + ["Linear"]
    assert not any(isinstance(module, UnitNormalisation) for module in network.decoder)


def test_fan_in_normal():
    network = DenseAutoencoder(400, (300,), 2, scheme="fan-in-normal")
    assert network.encoder[0].weight.std().item() == pytest.approx(400**-0.5, rel=0.02)
    assert network.decoder[2].weight.std().item() == pytest.approx(300**-0.5, rel=0.02)
