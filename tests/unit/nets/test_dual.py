import numpy as np
import pytest
import torch
import torch.nn.functional as F

from clustrace.nets.dual import DualNetwork, SoftmaxClusters, divergence, information_loss

RNG = np.random.default_rng(4)


def _keras_same(x, stride):
    """Keras' padding of a convolution of 3x3: an odd pixel more at the end."""
    pads = []
    for size in (x.shape[3], x.shape[2]):
        total = max((-(-size // stride) - 1) * stride + 3 - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


@pytest.mark.parametrize("sides", [(8, 8), (7, 6), (1, 5)])
def test_encoder_equals_kerass_convolutions_with_same_padding(sides):
    network = DualNetwork(sides, 5, (3, 4), seed=1)
    x = torch.rand(2, sides[0] * sides[1], generator=torch.Generator().manual_seed(0))
    convolutions = [m for m in network.encoder.modules() if isinstance(m, torch.nn.Conv2d)]
    h = x.reshape(2, 1, *sides)
    for stride, layer in zip((2, 1, 2, 1), convolutions, strict=True):
        h = F.conv2d(_keras_same(h, stride), layer.weight, layer.bias, stride=stride)
        h = torch.where(h > 0, h, 0.2 * h)
    mean, log_variance = network.posterior(x)
    torch.testing.assert_close(mean, network.encoder[-1](h.flatten(1)))
    torch.testing.assert_close(log_variance, network.log_variance(h.flatten(1)))
    torch.testing.assert_close(network.encode(x), mean)


@pytest.mark.parametrize("sides", [(8, 8), (7, 7), (7, 4), (1, 5)])
def test_decoder_layer_is_the_adjoint_of_kerass_convolution(sides):
    layer = next(
        m
        for m in reversed(list(DualNetwork(sides, 2, (3, 2)).decoder))
        if type(m).__name__ == "_Doubling"
    )
    x = torch.zeros(1, 3, *sides, requires_grad=True)
    y = torch.rand(1, 3, -(-sides[0] // 2), -(-sides[1] // 2))
    F.conv2d(_keras_same(x, 2), layer.deconvolution.weight, stride=2).backward(y)
    torch.nn.init.constant_(layer.bias, 0.5)
    torch.testing.assert_close(layer(y), x.grad + 0.5, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(4, 4), (1, 1), (1, 7), (28, 28), (9, 5, 3)])
def test_images_of_any_size_are_rebuilt_as_grey_values(shape):
    network = DualNetwork(shape, 6, (3, 4))
    samples = torch.rand(2, int(np.prod(shape)))
    output, embedding = network(samples)
    assert output.shape == samples.shape and embedding.shape == (2, 6)
    assert output.min() > 0 and output.max() < 1


def test_number_of_parameters():
    assert sum(p.numel() for p in DualNetwork((28, 28)).parameters()) == 1_357_266


def test_information_loss_sum_by_sum():
    weight = RNG.normal(size=(1, 6))
    discriminator = torch.nn.Linear(6, 1, dtype=torch.float64)
    discriminator.weight.data = torch.from_numpy(weight)
    z, others = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
    bias = discriminator.bias.item()
    expected = 0.0
    for a, b in zip(z, others, strict=True):
        same = 1 / (1 + np.exp(-(weight[0] @ np.concatenate([a, a]) + bias)))
        mixed = 1 / (1 + np.exp(-(weight[0] @ np.concatenate([a, b]) + bias)))
        expected -= (np.log(same) + np.log(1 - mixed)) / 4
    found = information_loss(discriminator, torch.from_numpy(z), torch.from_numpy(others))
    assert found.item() == pytest.approx(expected, rel=1e-6)


def test_divergence_sum_by_sum():
    mean, log_variance = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
    y, m = RNG.dirichlet(np.ones(2), size=4), RNG.normal(size=(2, 3))
    expected = 0.0
    for i in range(4):
        for k in range(2):
            for j in range(3):
                part = 1 + log_variance[i, j] - (mean[i, j] - m[k, j]) ** 2
                expected -= y[i, k] / 2 * (part - np.exp(log_variance[i, j])) / 4
    tensors = [torch.from_numpy(array) for array in (mean, log_variance, y, m)]
    assert divergence(*tensors).item() == pytest.approx(expected)


def test_divergence_of_the_prior_from_itself_is_zero():
    mean = torch.tensor([[1.0, -2.0]])
    assert divergence(mean, torch.zeros(1, 2), torch.ones(1, 1), mean).item() == 0


def test_softmax_of_the_classifier():
    clusters = SoftmaxClusters(torch.zeros(3, 2), (4,), seed=0)
    z = torch.randn(5, 2, generator=torch.Generator().manual_seed(0))
    first, second = clusters.classifier[0], clusters.classifier[2]
    hidden = np.maximum((z @ first.weight.T + first.bias).detach().numpy(), 0)
    logits = hidden @ second.weight.detach().numpy().T + second.bias.detach().numpy()
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = clusters.log_assignment(z).exp().detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5)
