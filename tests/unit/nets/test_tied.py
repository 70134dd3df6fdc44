import torch

from clustrace.nets.noise import Dropout
from clustrace.nets.selection import LargestUnits
from clustrace.nets.tied import DropoutNetwork, KSparseNetwork

X = torch.randn(8, 10, generator=torch.Generator().manual_seed(0))


def _k_sparse(units=(6, 5)):
    return KSparseNetwork(10, units, kept=1, encoded=2, seed=3).eval()


def test_the_decoder_has_the_weights_of_the_encoder():
    network = _k_sparse((6,))
    linear = network.encoder[0].linear
    z = X @ linear.weight.t() + linear.bias
    code = z * (z >= z.topk(2).values[:, 1:])
    torch.testing.assert_close(network.encode(X), code)
    torch.testing.assert_close(network.decode(code), code @ linear.weight)
    assert sum(p.numel() for p in network.parameters()) == 10 * 6 + 6 + 10


def test_layers_compose_to_the_encoder_and_pairs_to_the_autoencoder():
    for network in (_k_sparse(), DropoutNetwork(10, (6, 5), hidden_dropout=0.5).eval()):
        z = X
        for layer in network.layers():
            z = layer(z)
        assert torch.equal(z, network.encode(X))
        (_, outer), (_, inner) = network.pairs()
        assert torch.equal(outer(inner(z)), network.decode(z))


def test_a_deep_network_begins_with_the_weights_of_a_shallow_one():
    assert torch.equal(
        _k_sparse((6,)).encoder[0].linear.weight, _k_sparse().encoder[0].linear.weight
    )


def test_noise_of_the_input_is_on_the_samples_alone():
    network = DropoutNetwork(10, (6, 5), input_dropout=0.2, hidden_dropout=0.5)
    rates = [module.rate for module in network.modules() if isinstance(module, Dropout)]
    assert rates == [0.2, 0.5, 0.0, 0.5]


def test_all_layers_keep_the_same_number_of_units():
    network = _k_sparse()
    network.keep(3, 4)
    selections = [m for m in network.modules() if isinstance(m, LargestUnits)]
    assert [(m.kept, m.encoded) for m in selections] == [(3, 4), (3, 4)]
