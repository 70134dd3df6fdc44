"""Resizing of images of unsigned bytes, by integers and so with the same bits everywhere."""

from __future__ import annotations

import numpy as np
from PIL import Image


def resized(images: np.ndarray, side: int) -> np.ndarray:
    """Square images of other sizes, by bicubic interpolation that averages where it reduces.

    Args:
        images: uint8 ``[n, height, width]``, or ``[n, height, width, 3]``.
        side: height and width of the result.
    """
    made = [
        np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))
        for image in np.ascontiguousarray(images)
    ]
    return np.stack(made)
