"""Initial weights, drawn from an own generator so that torch's global one stays untouched.

PyTorch's default differs from Keras', Caffe's and the papers'; each network names its scheme.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import nn

from clustrace.errors import NotApplicableError
from clustrace.nets.normalisation import UnitNormalisation

#: ``glorot-uniform``: Keras' default. ``fan-in-uniform``: U(±1/√fan_in), as DEC-keras and
#: DEC-DA. ``normal-0.01``: N(0, 0.01²), as DEC's Caffe code and DCN's first. ``fan-in-normal``:
#: N(0, 1/fan_in), as DCN's second code. Biases are zero in all of them.
Scheme = Literal["glorot-uniform", "fan-in-uniform", "normal-0.01", "fan-in-normal"]


def initialise(network: nn.Module, scheme: Scheme, seed: int) -> None:
    """Draw all weights of ``network`` from ``seed``; set all biases to zero.

    Raises:
        NotApplicableError: the scheme is unknown.
    """
    if scheme not in get_args(Scheme):
        raise NotApplicableError(
            f"There is no initialisation {scheme!r}; use one of {', '.join(get_args(Scheme))}."
        )
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, UnitNormalisation):
            module.reset()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim < 2:
                parameter.zero_()
            elif scheme == "glorot-uniform":
                nn.init.xavier_uniform_(parameter, generator=generator)
            elif scheme == "fan-in-uniform":
                bound = 1 / math.sqrt(parameter[0].numel())
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
            elif scheme == "fan-in-normal":
                std = 1 / math.sqrt(parameter[0].numel())
                nn.init.normal_(parameter, std=std, generator=generator)
            else:
                nn.init.normal_(parameter, std=0.01, generator=generator)
