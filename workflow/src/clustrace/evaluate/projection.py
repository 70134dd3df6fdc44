"""Projection of embeddings to two dimensions, for figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from clustrace.errors import NotApplicableError

PERPLEXITY = 30
_SEED = 0


def plane(embedding: NDArray[np.floating]) -> NDArray[np.float64]:
    """An embedding ``[n, 2]`` as points of a plane, as it is.

    Raises:
        NotApplicableError: the samples are all equal or not finite.
    """
    _refuse_degenerate(embedding)
    return embedding.astype(np.float64)


def tsne(embedding: NDArray[np.floating]) -> NDArray[np.float64]:
    """t-SNE of samples ``[n, d]`` to ``[n, 2]``, started from their principal components.

    Equal samples give equal bytes on one machine, whatever the number of threads. Source: van
    der Maaten, Hinton 2008, as in scikit-learn.

    Raises:
        NotApplicableError: there are too few samples, or they are all equal or not finite.
    """
    if len(embedding) <= PERPLEXITY:
        raise NotApplicableError(
            f"t-SNE with a perplexity of {PERPLEXITY} needs more than {PERPLEXITY} samples, but "
            f"there are {len(embedding)}; draw more."
        )
    _refuse_degenerate(embedding)
    from sklearn.manifold import TSNE

    dimensions = min(embedding.shape)
    model = TSNE(
        n_components=2,
        perplexity=PERPLEXITY,
        # The principal components are a start only where there are two of them.
        init="pca" if dimensions > 1 else "random",
        learning_rate="auto",
        random_state=_SEED,
    )
    # The order of sums over threads would show in the last bits, which t-SNE magnifies.
    with threadpool_limits(1):
        return np.asarray(model.fit_transform(embedding.astype(np.float64)), dtype=np.float64)


def _refuse_degenerate(embedding: NDArray[np.floating]) -> None:
    if not np.isfinite(embedding).all() or (embedding == embedding[0]).all():
        raise NotApplicableError(
            "The embedding maps all samples to one point, or to values that are not finite, and "
            "there is nothing to draw; look at the training's history."
        )
