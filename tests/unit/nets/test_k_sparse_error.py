import numpy as np
import pytest
import torch
import torch.nn.functional as F

from clustrace.nets.k_sparse_error import k_sparse_error
from clustrace.nets.selection import keep_largest

UNITS, FEATURES, BATCH = 12, 7, 5


def _parts(seed=0):
    generator = torch.Generator().manual_seed(seed)
    x, *parameters = (
        torch.randn(shape, generator=generator)
        for shape in ((BATCH, FEATURES), (UNITS, FEATURES), (UNITS,), (FEATURES,))
    )
    return x, [p.requires_grad_() for p in parameters]


def _composed(x, weight, bias, output_bias, k):
    code = keep_largest(F.linear(x, weight, bias), k)
    return (code @ weight + output_bias - x).square().sum(dim=1).mean()


@pytest.mark.parametrize("k", [1, 3, UNITS])
def test_error_and_gradient_are_those_of_the_composed_layers(k):
    x, parameters = _parts()
    error, kept = k_sparse_error(x, *parameters, k)
    expected = _composed(x, *parameters, k)
    torch.testing.assert_close(error, expected)
    assert kept.sum(dim=1).tolist() == [k] * BATCH
    found = torch.autograd.grad(3 * error, parameters)
    for gradient, other in zip(found, torch.autograd.grad(3 * expected, parameters), strict=True):
        torch.testing.assert_close(gradient, other, rtol=1e-4, atol=1e-5)


def test_gradient_is_that_of_the_equations():
    """dE/dW by hand: through the decoder, and through the encoder of the kept units."""
    x, parameters = _parts(1)
    error, _ = k_sparse_error(x, *parameters, 2)
    error.backward()
    data, weight, bias, output_bias = (t.detach().double().numpy() for t in (x, *parameters))
    of_weight, of_bias, of_output = np.zeros_like(weight), np.zeros(UNITS), np.zeros(FEATURES)
    for sample in data:
        z = weight @ sample + bias
        support = np.argsort(-z)[:2]
        residual = 2 / BATCH * (weight[support].T @ z[support] + output_bias - sample)
        for unit in support:
            of_unit = weight[unit] @ residual
            of_weight[unit] += z[unit] * residual + of_unit * sample
            of_bias[unit] += of_unit
        of_output += residual
    for parameter, expected in zip(parameters, (of_weight, of_bias, of_output), strict=True):
        np.testing.assert_allclose(parameter.grad.numpy(), expected, rtol=1e-3, atol=1e-5)


def test_what_is_not_finite_shows_in_the_error():
    x, parameters = _parts()
    with torch.no_grad():
        parameters[0][3] = torch.nan
    error, kept = k_sparse_error(x, *parameters, 2)
    assert torch.isnan(error)
    assert not kept[:, 3].any()
