"""Generated data: drawn from a fixed seed, with the same bits on every machine.

Only the legacy generator of NumPy promises its stream in all versions. Products are summed term by
term in a fixed order, not by a matrix library, and values are rounded to multiples of 2^-20 (which
float32 holds exactly): other last bits of exponentials and logarithms on other machines then give
the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from clustrace.config.sources import GeneratedSource
from clustrace.data.bodies import Samples
from clustrace.errors import ConfigError

#: Centres of the four clusters in the plane, for labels 0 to 3.
CENTRES = 10.0 * np.array([[1, 1], [0, 0], [1, 0], [0, 1]])
_OBSERVED, _HIDDEN = 100, 10
_GRID = 2.0**20


def generate(source: GeneratedSource) -> Samples:
    """Samples of the generator that a source names.

    Raises:
        ConfigError: there is no such generator, or it does not take the arguments.
    """
    generator = GENERATORS.get(source.generator)
    if generator is None:
        raise ConfigError(
            f"There is no generator {source.generator!r}; known: {', '.join(sorted(GENERATORS))}."
        )
    try:
        return generator(source.seed, **source.arguments)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"The generator {source.generator!r} does not take these arguments ({error}); "
            "correct them in config/datasets.yaml."
        ) from error


def latent_plane(seed: int, per_cluster: int = 2500, sigma: float = 1.5) -> Samples:
    r"""Points :math:`h_i = c_{y_i} + \sigma n_i` around four centres, float32 ``[4 m, 2]``.

    They are what the observed samples of :func:`kmeans_friendly` with the same arguments come
    from, in the same order.
    """
    h, y, _ = _drawn_plane(seed, per_cluster, sigma)
    order = _shuffled(seed, len(y))
    return Samples(h[order].astype(np.float32), y[order])


def kmeans_friendly(
    seed: int, model: str = "two-layers", per_cluster: int = 2500, sigma: float = 1.5
) -> Samples:
    r"""Samples in 100 dimensions of points that lie in four round clusters of a plane.

    With a sigmoid :math:`\sigma` and matrices with standard normal entries:

    - ``two-layers``: :math:`x_i = \sigma(U\, \sigma(W h_i))`, W ``[10, 2]``, U ``[100, 10]``
      (Yang et al. 2017, eq. 9; its text is printed with one :math:`\sigma`, the authors' working
      configuration has both);
    - ``square``: :math:`x_i = \sigma(W h_i)^2`, W ``[100, 2]`` (supplement);
    - ``tanh``: :math:`x_i = \tanh(\sigma(W h_i))`, W ``[100, 2]`` (supplement).

    Args:
        seed: seed of all random numbers.
        model: which of these.
        per_cluster: points of each of the four clusters.
        sigma: their standard deviation in each direction, where centres are 10 apart.

    Returns:
        samples float32 ``[4 m, 100]`` and labels 0 to 3, shuffled.
    """
    h, y, random = _drawn_plane(seed, per_cluster, sigma)
    if model == "two-layers":
        hidden = _sigmoid(_product(h, _normal(random, _HIDDEN, 2)))
        x = _sigmoid(_product(hidden, _normal(random, _OBSERVED, _HIDDEN)))
    elif model in ("square", "tanh"):
        x = _sigmoid(_product(h, _normal(random, _OBSERVED, 2)))
        x = np.square(x) if model == "square" else np.tanh(x)
    else:
        raise ValueError(f"model is {model!r}, not two-layers, square or tanh")
    order = _shuffled(seed, len(y))
    return Samples(_rounded(x)[order], y[order])


def _drawn_plane(
    seed: int, per_cluster: int, sigma: float
) -> tuple[np.ndarray, np.ndarray, np.random.RandomState]:
    random = np.random.RandomState(seed)
    y = np.repeat(np.arange(len(CENTRES)), per_cluster).astype(np.int64)
    return CENTRES[y] + sigma * _normal(random, len(y), 2), y, random


def _normal(random: np.random.RandomState, rows: int, columns: int) -> np.ndarray:
    return np.asarray(random.standard_normal((rows, columns)))


def _shuffled(seed: int, count: int) -> np.ndarray:
    """Order of the samples; by a stream of its own, so that it is the same for all models."""
    return np.random.RandomState([seed, count]).permutation(count)


def _product(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    r""":math:`Y = X W^T`, summed in the order of the columns of X."""
    total = np.zeros((len(rows), len(weights)))
    for column in range(rows.shape[1]):
        total += rows[:, column, None] * weights[None, :, column]
    return total


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-values))


def _rounded(values: np.ndarray) -> np.ndarray:
    return (np.rint(values * _GRID) / _GRID).astype(np.float32)


#: Generators by the name that config/datasets.yaml calls them.
GENERATORS: Mapping[str, Callable[..., Samples]] = {
    "kmeans-friendly": kmeans_friendly,
    "latent-plane": latent_plane,
}
