import numpy as np
import pytest
import torch
import torch.nn.functional as F

from clustrace.nets.convolutional import ConvolutionalNetwork


@pytest.mark.parametrize(("side", "parameters"), [(28, 275_979), (16, 262_539)])
def test_parameter_count_of_the_published_network(side, parameters):
    network = ConvolutionalNetwork((side, side))
    assert sum(p.numel() for p in network.parameters()) == parameters


@pytest.mark.parametrize("padding", ["keras", "symmetric"])
@pytest.mark.parametrize("shape", [(28, 28), (16, 16), (32, 32), (64, 64), (8, 8, 3), (4, 4)])
def test_reconstruction_has_the_shape_of_the_image(shape, padding):
    network = ConvolutionalNetwork(shape, padding=padding)
    x = torch.rand(2, int(np.prod(shape)))
    reconstruction, embedding = network(x)
    assert reconstruction.shape == x.shape and embedding.shape == (2, 10)


def _keras_same(x, kernel, stride):
    """Keras' and TensorFlow's rule for `same`: the odd zero goes behind."""
    pads = []
    for size in (x.shape[3], x.shape[2]):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


def test_encoder_equals_kerass_convolutions_with_same_padding():
    network = ConvolutionalNetwork((16, 16), seed=3)
    x = torch.rand(4, 256, generator=torch.Generator().manual_seed(0))
    h = x.reshape(4, 1, 16, 16)
    for layer in network.encoder[1:4]:
        weight, bias = layer.convolution.weight, layer.convolution.bias
        h = torch.relu(F.conv2d(_keras_same(h, weight.shape[-1], 2), weight, bias, stride=2))
    expected = network.encoder[-1](h.flatten(1))
    torch.testing.assert_close(network.encode(x), expected)


@pytest.mark.parametrize(("size", "kernel"), [(7, 5), (14, 5), (4, 5), (2, 3)])
def test_decoder_layer_is_the_adjoint_of_kerass_convolution(size, kernel):
    """Keras' transposed convolution is the gradient of its convolution."""
    from clustrace.nets.convolutional import _Axis, _Deconvolution

    axis = _Axis(2 * size, kernel, True, "keras")
    layer = _Deconvolution(3, 2, axis, axis)
    torch.nn.init.zeros_(layer.deconvolution.bias)
    y = torch.rand(1, 3, size, size)
    x = torch.zeros(1, 2, 2 * size, 2 * size, requires_grad=True)
    weight = layer.deconvolution.weight
    F.conv2d(_keras_same(x, kernel, 2), weight, stride=2).backward(y)
    torch.testing.assert_close(layer(y), x.grad, rtol=1e-4, atol=1e-5)


def test_padding_variants_differ():
    x = torch.rand(4, 784, generator=torch.Generator().manual_seed(0))
    one, other = (ConvolutionalNetwork((28, 28), padding=p, seed=1) for p in ("keras", "symmetric"))
    assert torch.equal(one.encoder[1].convolution.weight, other.encoder[1].convolution.weight)
    assert not torch.allclose(one.encode(x), other.encode(x), atol=1e-3)


def test_channels_come_last():
    """A pixel's channels stand side by side in a row, as images are stored."""
    network = ConvolutionalNetwork((8, 8, 3))
    images = network.encoder[0](torch.arange(192.0)[None])
    assert images.shape == (1, 3, 8, 8)
    assert images[0, :, 0, 1].tolist() == [3.0, 4.0, 5.0]
    assert network.decoder[-1](images)[0].tolist() == list(range(192))


@pytest.mark.parametrize("image_shape", [(28, 28), (16, 16), (9, 14, 3)])
@pytest.mark.parametrize("padding", ["keras", "symmetric"])
def test_each_deconvolution_is_the_plain_transposed_convolution_cropped(image_shape, padding):
    network = ConvolutionalNetwork(image_shape, padding=padding)
    layers = [m for m in network.decoder if type(m).__name__ == "_Deconvolution"]
    assert len(layers) == 3
    for layer in layers:
        plain = layer.deconvolution
        torch.nn.init.normal_(plain.bias)
        high, wide = layer.height, layer.width
        x = torch.randn(3, plain.in_channels, high.out, wide.out)
        expected = plain(x)[
            :, :, high.before : high.before + high.size, wide.before : wide.before + wide.size
        ]
        torch.testing.assert_close(layer(x), expected, rtol=1e-4, atol=1e-5)
