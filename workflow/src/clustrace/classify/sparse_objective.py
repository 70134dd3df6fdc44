"""What sparse autoencoders minimise: several of them at once, each on samples of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

#: Mean activations are taken as this far from 0 and 1, where the divergence is infinite.
_SATURATED = 1e-6
#: Entries that any processor's vector instructions take in whole steps.
_VECTOR = 64


@dataclass(frozen=True)
class Sparsity:
    r"""Settings of the objective of a sparse autoencoder.

    .. math::
        \frac{1}{2n} \sum_i \| \hat x_i - x_i \|^2
        + \frac{\lambda}{2} \left( \|W\|^2 + \|W'\|^2 \right)
        + \beta \sum_j \mathrm{KL}(\rho \,\|\, \hat\rho_j)

    with :math:`h = \sigma(W x + b)`, :math:`\hat x = s(W' h + b')` and :math:`\hat\rho_j` the mean
    of unit j over **all** n samples (Ng, CS294A lecture notes; UFLDL).

    Attributes:
        target: :math:`\rho`, mean activation that each unit is pulled to.
        weight: :math:`\beta`.
        weight_decay: :math:`\lambda`, on weights and not on biases.
        output: s, sigmoid, or linear for inputs outside [0, 1].
    """

    target: float
    weight: float
    weight_decay: float
    output: Literal["sigmoid", "linear"] = "sigmoid"


class Layers(NamedTuple):
    """Encoder and decoder of one autoencoder with m units on D features.

    Attributes:
        weight: W, ``[m, D]``.
        bias: b, ``[m]``.
        back_weight: W', ``[D, m]``.
        back_bias: b', ``[D]``.
    """

    weight: Tensor
    bias: Tensor
    back_weight: Tensor
    back_bias: Tensor


class _Part(NamedTuple):
    """One of several autoencoders, with its views of what they share.

    Attributes:
        layers: its parameters.
        gradients: their gradients.
        rows: its samples among all.
        hidden: activations of its hidden units, ``[n, m]``.
        at_hidden: gradients there.
        output: reconstructions, ``[n, D]``.
        error: their differences to the samples, and gradients there.
    """

    layers: Layers
    gradients: Layers
    rows: slice
    hidden: Tensor
    at_hidden: Tensor
    output: Tensor
    error: Tensor


class SparseAutoencoders:
    """Sparse autoencoders on consecutive parts of the samples, independent of each other.

    Each is one vector of parameters. Products of matrices and sums over samples are made part by
    part, as for that autoencoder alone, and none is padded to another's size; sigmoids and their
    slopes are computed for all at once. With one thread each gets the same bits whether others are
    trained with it or not.

    Args:
        sizes: number of samples of each part, in the order of the samples.
        n_features: D.
        units: hidden units of each autoencoder.
        sparsity: settings of the objective.
        seeds: seed of the initial weights of each autoencoder.
        corrupted: what the encoders get in place of the samples ``[n, D]``, which remain the
            targets; None: the samples.
        device: where the parameters lie.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        n_features: int,
        units: Sequence[int],
        sparsity: Sparsity,
        seeds: Sequence[int],
        *,
        corrupted: Tensor | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        vectors = [_initial(n_features, m, seed) for m, seed in zip(units, seeds, strict=True)]
        self.module = nn.ParameterList([nn.Parameter(v.to(device)) for v in vectors])
        self.state: dict[str, Tensor] = {}
        self._sparsity, self._corrupted = sparsity, corrupted
        shapes = list(zip(sizes, units, strict=True))
        self._inner = [_Shared(shapes, device) for _ in range(2)]
        self._outer = [_Shared([(n, n_features) for n in sizes], device) for _ in range(2)]
        self._parts = []
        for k, (vector, end) in enumerate(zip(self.module, accumulate(sizes), strict=True)):
            vector.grad = torch.zeros_like(vector)
            layers, gradients = (
                _cut(each, n_features, units[k]) for each in (vector.detach(), vector.grad)
            )
            buffers = [shared.views[k] for shared in (*self._inner, *self._outer)]
            self._parts.append(_Part(layers, gradients, slice(end - sizes[k], end), *buffers))

    def layers(self, problem: int) -> Layers:
        """Encoder and decoder of one autoencoder."""
        return self._parts[problem].layers

    def before_iteration(self, iteration: int) -> None:
        """Nothing changes between iterations."""

    @torch.no_grad()
    def evaluate(self, data: Tensor, problems: Sequence[int]) -> list[float]:
        """Losses of some of the autoencoders; sets the gradients of their parameters."""
        parts = [self._parts[k] for k in problems]
        inputs = data if self._corrupted is None else self._corrupted
        hidden, at_hidden = (shared.spans(problems) for shared in self._inner)
        output, error = (shared.spans(problems) for shared in self._outer)
        sigmoid = self._sparsity.output == "sigmoid"
        for part in parts:
            torch.addmm(part.layers.bias, inputs[part.rows], part.layers.weight.T, out=part.hidden)
        for span in hidden:
            span.sigmoid_()
        for part in parts:
            back = part.layers.back_weight
            torch.addmm(part.layers.back_bias, part.hidden, back.T, out=part.output)
        for span in output if sigmoid else ():
            span.sigmoid_()
        losses, means = [], []
        for part in parts:
            torch.sub(part.output, data[part.rows], out=part.error)
            means.append(part.hidden.mean(dim=0).clamp_(_SATURATED, 1 - _SATURATED))
            error_of = _square(part.error) / (2 * len(part.error))
            losses.append(error_of + self._penalty(part.layers, means[-1]))
        if sigmoid:
            _times_slopes(error, output)
        for part, mean in zip(parts, means, strict=True):
            self._back_to_hidden(part, mean)
        _times_slopes(at_hidden, hidden)
        for part in parts:
            self._back_to_input(part, inputs[part.rows])
        return losses

    def _back_to_hidden(self, part: _Part, mean: Tensor) -> None:
        """Gradients of the decoder, and of the hidden units before their slope."""
        of, n = self._sparsity, len(part.error)
        w, gradients = part.layers.back_weight, part.gradients
        torch.addmm(
            w,
            part.error.T,
            part.hidden,
            beta=of.weight_decay,
            alpha=1 / n,
            out=gradients.back_weight,
        )
        torch.sum(part.error, dim=0, out=gradients.back_bias).div_(n)
        pull = (of.weight / n) * ((1 - of.target) / (1 - mean) - of.target / mean)
        torch.addmm(pull, part.error, w, alpha=1 / n, out=part.at_hidden)

    def _back_to_input(self, part: _Part, inputs: Tensor) -> None:
        w, gradients = part.layers.weight, part.gradients
        decay = self._sparsity.weight_decay
        torch.addmm(w, part.at_hidden.T, inputs, beta=decay, out=gradients.weight)
        torch.sum(part.at_hidden, dim=0, out=gradients.bias)

    def _penalty(self, layers: Layers, mean: Tensor) -> float:
        of, means = self._sparsity, mean.double()
        rho = of.target
        divergence = rho * (rho / means).log() + (1 - rho) * ((1 - rho) / (1 - means)).log()
        squares = _square(layers.weight) + _square(layers.back_weight)
        return of.weight * float(divergence.sum()) + of.weight_decay / 2 * squares


class _Shared:
    """One array of values for all parts, with a view of each.

    A part starts and ends at a multiple of 64 entries: then an operation on all of them goes
    through each by the same vector instructions as one on that part alone.
    """

    def __init__(self, shapes: Sequence[tuple[int, int]], device: str | torch.device) -> None:
        lengths = [-(-n * m // _VECTOR) * _VECTOR for n, m in shapes]
        self._all = torch.zeros(sum(lengths), device=device)
        self._each = torch.split(self._all, lengths)
        self.views = [
            flat[: n * m].view(n, m) for flat, (n, m) in zip(self._each, shapes, strict=True)
        ]

    def spans(self, parts: Sequence[int]) -> list[Tensor]:
        """What to go through for some of the parts: the whole if these are all."""
        if len(parts) == len(self._each):
            return [self._all]
        return [self._each[part] for part in parts]


def _cut(vector: Tensor, n_features: int, units: int) -> Layers:
    area = units * n_features
    weight, bias, back_weight, back_bias = torch.split(vector, [area, units, area, n_features])
    shape = (units, n_features)
    return Layers(weight.view(shape), bias, back_weight.view(shape[::-1]), back_bias)


def _initial(n_features: int, units: int, seed: int) -> Tensor:
    r"""Weights from U(±√6 / √(D + m + 1)), biases 0, as in UFLDL's exercises."""
    vector = torch.zeros(2 * units * n_features + units + n_features)
    layers = _cut(vector, n_features, units)
    bound = math.sqrt(6 / (n_features + units + 1))
    generator = torch.Generator().manual_seed(seed)
    for weight in (layers.weight, layers.back_weight):
        weight.uniform_(-bound, bound, generator=generator)
    return vector


def _square(values: Tensor) -> float:
    """Sum of the squares."""
    flat = values.view(-1)
    return float(torch.dot(flat, flat))


def _times_slopes(gradients: Sequence[Tensor], sigmoids: Sequence[Tensor]) -> None:
    """Multiply gradients by the slopes of sigmoids with these values, which are lost."""
    for gradient, sigmoid in zip(gradients, sigmoids, strict=True):
        gradient.mul_(torch.addcmul(sigmoid, sigmoid, sigmoid, value=-1, out=sigmoid))
