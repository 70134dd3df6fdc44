"""Selection of the largest hidden units: the one non-linearity of k-sparse autoencoders."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn


def keep_largest(x: Tensor, k: int) -> Tensor:
    r"""The k largest entries of each row, all others zero (Makhzani and Frey 2014, section 2.2).

    .. math:: x_{\Gamma^c} = 0,\qquad \Gamma = \mathrm{supp}_k(x)

    The gradient passes through the kept entries.

    Args:
        x: ``[batch, units]``.
        k: entries kept, from 1 to ``units``.
    """
    # A product, as NaN must stay NaN for the loss to tell of it.
    return x if k >= x.shape[1] else x * largest(x, k)


def largest(x: Tensor, k: int) -> Tensor:
    """Whether an entry is among the k largest of its row, bool ``[batch, units]``.

    Largest with their sign: a negative entry comes before a more negative one, however large. Of
    equal entries those of the lowest index are taken, so that there never are more than k and the
    result is a function of ``x`` alone. NaN is not among them.

    Args:
        x: ``[batch, units]``.
        k: entries of a row, from 1 to ``units``.
    """
    with torch.no_grad():
        chosen = x >= _kth_largest(x, k)
        tied = chosen.sum(dim=1) > k
        if tied.any():
            chosen[tied] = _first_largest(x[tied], k)
    return chosen


def _kth_largest(x: Tensor, k: int) -> Tensor:
    """The k-th largest entry of each row, ``[batch, 1]``."""
    if x.device.type == "cpu" and x.dtype == torch.float32:
        # In half the time of torch.topk.
        place = x.shape[1] - k
        part = np.partition(x.detach().numpy(), place, axis=1)
        return torch.from_numpy(part[:, place : place + 1])
    return torch.topk(x, k, dim=1, sorted=False).values.amin(dim=1, keepdim=True)


def _first_largest(x: Tensor, k: int) -> Tensor:
    """Where the k largest entries of each row are, of equal ones the first, bool."""
    order = x.sort(dim=1, descending=True, stable=True).indices
    return torch.zeros_like(x, dtype=torch.bool).scatter_(1, order[:, :k], True)


class LargestUnits(nn.Module):
    """Keeps the largest units of each sample, with their sign.

    Args:
        kept: units kept in training, k.
        encoded: units kept at evaluation, αk in the paper.
    """

    def __init__(self, kept: int, encoded: int) -> None:
        super().__init__()
        self.kept, self.encoded = kept, encoded

    def forward(self, x: Tensor) -> Tensor:
        """Sparse codes, ``[batch, units]``."""
        return keep_largest(x, self.kept if self.training else self.encoded)
