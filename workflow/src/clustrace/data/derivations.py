"""Data made of other data by a fixed seed, with the same bits on every machine.

As with generated data, random numbers come from the legacy generator of NumPy, and values are
rounded so that other last bits of sines on other machines give the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from clustrace.config.datasets import Derivation
from clustrace.data.bodies import Body, Samples
from clustrace.data.resizing import resized
from clustrace.errors import ConfigError, DataError

_GRID = 2.0**20
_CHUNK = 500


def derive(body: Body, derivation: Derivation) -> Samples:
    """Samples that a derivation makes of a body of data.

    Raises:
        ConfigError: there is no such function, or it does not take the arguments.
        DataError: the body is not what the function needs.
    """
    function = DERIVATIONS.get(derivation.function)
    if function is None:
        raise ConfigError(
            f"There is no derivation {derivation.function!r}; known: "
            f"{', '.join(sorted(DERIVATIONS))}."
        )
    if not isinstance(body, Samples) or body.x.dtype != np.uint8 or body.x.ndim < 3:
        raise DataError(f"the derivation {derivation.function!r} needs images of unsigned bytes")
    try:
        return function(body, **derivation.arguments)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"The derivation {derivation.function!r} does not take these arguments ({error}); "
            "correct them in config/datasets.yaml."
        ) from error


def rotated(samples: Samples, *, seed: int, count: int) -> Samples:
    r"""Some of the images, each rotated around its centre by an angle of its own.

    Angles are uniform in [0, 2π). A pixel of the result is interpolated bilinearly between the
    four pixels around the place where it comes from, with zeros outside the image, and rounded to
    an unsigned byte; cosine and sine of the angle are rounded to multiples of 2^-20 before.

    Args:
        samples: images ``[n, height, width]``.
        seed: seed of the choice of images, their order, and their angles.
        count: number of images, drawn without replacement.

    Raises:
        DataError: there are fewer images.
    """
    if count > len(samples):
        raise DataError(f"there are {len(samples)} images, of which {count} were to be drawn")
    random = np.random.RandomState(seed)
    order = random.permutation(len(samples))[:count]
    angles = 2 * np.pi * random.random_sample(count)
    cosine, sine = (np.rint(each * _GRID) / _GRID for each in (np.cos(angles), np.sin(angles)))
    images = np.empty((count, *samples.x.shape[1:]), np.uint8)
    for start in range(0, count, _CHUNK):
        part = slice(start, start + _CHUNK)
        images[part] = _turned(samples.x[order[part]], cosine[part], sine[part])
    return Samples(images, samples.y[order])


def _turned(images: np.ndarray, cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """Images ``[n, height, width]``, rotated counter-clockwise by angles ``[n]``."""
    n, height, width = images.shape
    rows, columns = np.mgrid[:height, :width]
    down, right = rows - (height - 1) / 2, columns - (width - 1) / 2
    c, s = cosine[:, None, None], sine[:, None, None]
    top = c * down + s * right + (height - 1) / 2
    left = c * right - s * down + (width - 1) / 2
    row, column = np.floor(top).astype(int), np.floor(left).astype(int)
    below, beside = top - row, left - column
    # One ring of zeros is enough: what lies further out is moved onto it.
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    first = np.arange(n)[:, None, None] * (height + 2) * (width + 2)
    total = np.zeros(images.shape)
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weight = (below if i else 1 - below) * (beside if j else 1 - beside)
        line = np.clip(row + (i + 1), 0, height + 1)
        place = first + line * (width + 2) + np.clip(column + (j + 1), 0, width + 1)
        total += weight * padded.take(place)
    return np.rint(total).astype(np.uint8)


def patches(samples: Samples, *, seed: int, count: int, side: int, first: int) -> Samples:
    """Square patches, each from a place of its own in one of the first images.

    Args:
        samples: images ``[n, height, width, …]``.
        seed: seed of the choice of images and places, which are drawn with replacement.
        count: number of patches.
        side: their height and width.
        first: number of images, from the first on, that are drawn from.

    Returns:
        Patches ``[count, side, side, …]``; the label of each is that of its image.

    Raises:
        DataError: images are smaller than the patches, or there are fewer.
    """
    height, width = samples.x.shape[1:3]
    if first > len(samples) or min(height, width) < side:
        raise DataError(
            f"there are {len(samples)} images of {height} x {width} pixels, of which {first} were "
            f"to give patches of {side} x {side}"
        )
    random = np.random.RandomState(seed)
    image = random.randint(first, size=count)
    top = random.randint(height - side + 1, size=count)
    left = random.randint(width - side + 1, size=count)
    within = np.arange(side)
    rows, columns = top[:, None, None] + within[:, None], left[:, None, None] + within
    return Samples(samples.x[image[:, None, None], rows, columns], samples.y[image])


def centred(samples: Samples, *, crop: int, side: int) -> Samples:
    """The centre of each image, resized bicubically.

    Args:
        samples: images ``[n, cameras, height, width]``.
        crop: height and width of the centre.
        side: height and width of the result, ``[n, cameras, side, side]``.

    Raises:
        DataError: images are smaller than the centre.
    """
    n, cameras, height, width = samples.x.shape
    if min(height, width) < crop:
        raise DataError(f"there are images of {height} x {width} pixels, smaller than {crop}")
    top, left = (height - crop) // 2, (width - crop) // 2
    inner = samples.x[:, :, top : top + crop, left : left + crop].reshape(-1, crop, crop)
    return Samples(resized(inner, side).reshape(n, cameras, side, side), samples.y)


#: Derivations by the name that config/datasets.yaml calls them.
DERIVATIONS: Mapping[str, Callable[..., Samples]] = {
    "centred": centred,
    "patches": patches,
    "rotated": rotated,
}
