"""Images turned and shifted at random, a whole batch at once and on its device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from clustrace.errors import NotApplicableError


@dataclass(frozen=True)
class Augmentation:
    r"""Random rotation about the centre and random translation (EmAEC eq. 12, ASPC-DA).

    .. math:: \hat x(p) = x(R_\varphi p + s),\qquad
       \varphi \sim U(-r, r),\quad s \sim U(-c, c) \times \text{side}

    Each image of a batch draws its own angle and its own shift along both sides. Values between
    pixels are interpolated linearly; places outside the image have the value of the nearest
    pixel (``nearest`` of the Keras code of ASPC-DA).

    Attributes:
        image_shape: height and width, and channels where there are several.
        rotation: r, largest angle in degrees, either way.
        shift: c, largest shift as a share of the side, either way.
    """

    image_shape: tuple[int, ...]
    rotation: float
    shift: float

    def __call__(self, batch: Tensor, generator: torch.Generator) -> Tensor:
        """Augmented samples, ``[batch, n_features]`` as the given ones."""
        if self.rotation == 0 and self.shift == 0:
            return batch
        height, width, channels = (*self.image_shape, 1)[:3]
        images = batch.view(-1, height, width, channels).permute(0, 3, 1, 2)
        moved = F.grid_sample(
            images, self._grid(len(batch), generator), padding_mode="border", align_corners=False
        )
        return moved.permute(0, 2, 3, 1).reshape(batch.shape)

    def _grid(self, count: int, generator: torch.Generator) -> Tensor:
        """Places x, y in the image of each pixel of the result, ``[count, height, width, 2]``.

        Both sides run from -1 to 1, so that a rotation of pixels is none where they differ.
        """
        height, width = self.image_shape[:2]
        device = generator.device
        drawn = 2 * torch.rand(3, count, generator=generator, device=device) - 1
        angle = drawn[0, :, None] * math.radians(self.rotation)
        x_shift, y_shift = drawn[1:, :, None] * 2 * self.shift
        x, y = (_centres(side, device) for side in (width, height))
        cos, sin = angle.cos(), angle.sin()
        # Sums of a row and a column: affine_grid multiplies matrices, which takes thrice as long.
        grid = torch.empty(count, height, width, 2, device=device)
        across = cos * x + x_shift
        torch.add(across[:, None], (-sin * height / width * y)[:, :, None], out=grid[..., 0])
        down = cos * y + y_shift
        torch.add((sin * width / height * x)[:, None], down[:, :, None], out=grid[..., 1])
        return grid


def _centres(side: int, device: torch.device) -> Tensor:
    """Centres of the pixels of a side that runs from -1 to 1."""
    return (2 * torch.arange(side, device=device) + 1) / side - 1


def augmentation_of(
    sample_shape: Sequence[int], image_shape: Sequence[int] | None, rotation: float, shift: float
) -> Augmentation:
    """Augmentation of samples; rows are taken as square images (EmAEC section 4.4).

    Args:
        sample_shape: shape of a sample as it was given: of an image, or its number of features.
        image_shape: shape of the images in rows; None: as given, or square.
        rotation: largest angle in degrees.
        shift: largest shift as a share of the side.

    Raises:
        NotApplicableError: the samples are no such images, or an amount is negative.
    """
    if rotation < 0 or shift < 0:
        raise NotApplicableError(
            f"rotation={rotation} and shift={shift} are the largest amounts either way; give 0 or "
            "more."
        )
    if rotation == 0 and shift == 0:
        return Augmentation(tuple(sample_shape), rotation, shift)
    n_features = math.prod(sample_shape)
    shape = tuple(image_shape or sample_shape)
    if len(shape) == 1:
        side = math.isqrt(n_features)
        shape = (side, side)
    if math.prod(shape) != n_features or len(shape) > 3:
        asked = (
            f"image_shape={shape} has {math.prod(shape)} values"
            if image_shape
            else ("no square image has as many")
        )
        raise NotApplicableError(
            f"Samples of {n_features} values cannot be turned and shifted: {asked}; give the "
            "image_shape of the samples, or rotation=0 and shift=0 to train without augmentation."
        )
    return Augmentation(shape, rotation, shift)
