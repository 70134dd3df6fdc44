"""Normalisation of the units of a layer over a batch."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from clustrace.errors import NotApplicableError

#: ``batch``: mean 0 and variance 1 over the batch (Ioffe and Szegedy 2015). ``centring``: mean 0
#: alone, as in DCN's published code of 2016, which sets the deviation to 1.
Normalisation = Literal["none", "centring", "batch"]

_EPSILON = 1e-5
_MOMENTUM = 0.1


class UnitNormalisation(nn.Module):
    r"""Normalises each unit over the batch, then scales and shifts it.

    .. math:: y = (1 + g) \frac{x - \bar x}{\sqrt{s^2 + \epsilon}} + b

    with mean and variance of the batch in training, and their running averages otherwise and for
    a batch of a single sample. With ``centring`` the denominator is 1. DCN's code takes the
    batch's mean at evaluation too, by which the label of a sample depends on those beside it.

    The scale is written 1 + g, since all parameters that are no matrices start at zero.

    Args:
        units: units of the layer.
        centring: whether the variance is left as it is.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, units: int, *, centring: bool) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.empty(units))
        self.shift = nn.Parameter(torch.empty(units))
        self.register_buffer("mean", torch.empty(units))
        self.register_buffer("variance", torch.empty(units))
        self.centring = centring

    def reset(self) -> None:
        """Averages of a layer that has seen nothing."""
        self.mean.zero_()
        self.variance.fill_(1.0)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised units, ``[batch, units]``."""
        if self.training and len(x) > 1:
            variance, mean = torch.var_mean(x.float(), dim=0, correction=0)
            with torch.no_grad():
                self.mean.lerp_(mean, _MOMENTUM)
                self.variance.lerp_(variance, _MOMENTUM)
        else:
            variance, mean = self.variance, self.mean
        scale = 1 + self.gain
        if not self.centring:
            scale = scale * torch.rsqrt(variance + _EPSILON)
        return (x - mean) * scale + self.shift


def normalising(kind: Normalisation, units: int) -> list[nn.Module]:
    """The modules of a kind of normalisation.

    Raises:
        NotApplicableError: the kind is unknown.
    """
    if kind not in get_args(Normalisation):
        raise NotApplicableError(
            f"There is no normalisation {kind!r}; use one of {', '.join(get_args(Normalisation))}."
        )
    return [] if kind == "none" else [UnitNormalisation(units, centring=kind == "centring")]
