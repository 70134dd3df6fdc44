"""Images to features by filters that were learnt on patches: convolution and pooling."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: Images whose maps are held at once: one of 64 x 64 pixels has 5 MB of them with 400 filters.
_CHUNK = 32


class ConvolvedFilters(nn.Module):
    r"""Mean of :math:`\sigma(w_j * x + b_j)` over the fields of a grid.

    Filters move over all places where they fit, and a field is left out where the last one would
    not be whole. Images of 64 x 64 pixels with filters of 8 x 8 give 57 x 57 places, and with
    fields of 19 x 19 a grid of 3 x 3 values for each filter.

    Shapes: rows ``[batch, height width channels]``, features ``[batch, units grid grid]``.

    Args:
        image_shape: height, width and channels.
        units: number of filters.
        side: height and width of the filters; in smaller images they are as large as these.
        pool: height and width of the fields; where they do not fit all places are one field.

    Attributes:
        grid: rows and columns of fields.
    """

    def __init__(self, image_shape: Sequence[int], units: int, side: int, pool: int) -> None:
        super().__init__()
        self.image_shape = tuple(image_shape)
        height, width, channels = self.image_shape
        high, wide = min(side, height), min(side, width)
        places = (height - high + 1, width - wide + 1)
        self.pool = tuple(pool if 0 < pool <= each else each for each in places)
        self.grid = tuple(each // field for each, field in zip(places, self.pool, strict=True))
        self.weight = nn.Parameter(torch.zeros(units, channels, high, wide))
        self.bias = nn.Parameter(torch.zeros(units))

    def forward(self, samples: Tensor) -> Tensor:
        """Features of samples."""
        images = samples.view(-1, *self.image_shape).permute(0, 3, 1, 2)
        maps = torch.sigmoid(F.conv2d(images, self.weight, self.bias))
        return F.avg_pool2d(maps, self.pool).flatten(1)

    def encode(self, samples: Tensor) -> Tensor:
        """Features of samples, computed for some of them at a time."""
        return torch.cat([self.forward(chunk) for chunk in torch.split(samples, _CHUNK)])

    def layers(self) -> list[nn.Module]:
        """The convolution with its pooling, as one layer."""
        return [self]
