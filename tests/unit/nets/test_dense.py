import pytest
import torch

from clustrace.errors import NotApplicableError
from clustrace.nets.dense import DenseAutoencoder
from clustrace.nets.initialisation import initialise


def test_parameter_count_of_the_published_network():
    assert sum(p.numel() for p in DenseAutoencoder(784).parameters()) == 3_330_794


def test_encoder_of_the_published_network():
    assert sum(p.numel() for p in DenseAutoencoder(784).encoder.parameters()) == 1_665_010


def test_embedding_and_output_are_linear():
    network = DenseAutoencoder(6, (5,), 3, seed=1)
    x = torch.randn(200, 6, generator=torch.Generator().manual_seed(0))
    reconstruction, embedding = network(x)
    assert reconstruction.shape == (200, 6)
    assert embedding.shape == (200, 3)
    assert (embedding < 0).any() and (reconstruction < 0).any()


def test_hidden_layers_are_rectified():
    network = DenseAutoencoder(6, (5, 4), 3)
    kinds = [type(layer).__name__ for layer in network.encoder]
    assert kinds == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]


def test_same_seed_same_weights_and_global_generator_untouched():
    before = torch.get_rng_state()
    first, second, other = (DenseAutoencoder(6, (5,), 3, seed=s) for s in (4, 4, 5))
    assert torch.equal(first.encoder[0].weight, second.encoder[0].weight)
    assert not torch.equal(first.encoder[0].weight, other.encoder[0].weight)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("scheme", "variance"),
    [
        ("glorot-uniform", 2 / (400 + 300)),
        ("fan-in-uniform", 1 / (3 * 400)),
        ("normal-0.01", 1e-4),
    ],
)
def test_variance_of_the_schemes(scheme, variance):
    layer = torch.nn.Linear(400, 300)
    initialise(layer, scheme, 0)
    assert layer.weight.var().item() == pytest.approx(variance, rel=0.03)
    assert not layer.bias.any()


def test_unknown_scheme_is_named():
    with pytest.raises(NotApplicableError, match=r"'xavier'.*glorot-uniform"):
        initialise(torch.nn.Linear(2, 2), "xavier", 0)
