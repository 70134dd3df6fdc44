"""Convolutional features of images from sparse autoencoders of patches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from sklearn.utils import Tags
from sklearn.utils.validation import validate_data
from torch import Tensor

from clustrace.classify.kmeans_sparse import require_units, train_on_clusters
from clustrace.classify.sparse_objective import Sparsity
from clustrace.classify.sparse_stack import LayerTraining
from clustrace.data.patches import ZCAWhitening
from clustrace.errors import NotApplicableError
from clustrace.nets.convolved import ConvolvedFilters
from clustrace.nets.initialisation import Scheme
from clustrace.train.autoencoder import EncoderBase
from clustrace.train.encoding import as_rows, sample_shape, to_tensor
from clustrace.train.rows import Samples
from clustrace.train.seeds import base_seed, derive_seed
from clustrace.train.session import current_session


class ConvolvedPatchAutoencoder(EncoderBase):
    r"""Convolutional autoencoder of UFLDL: images convolved with filters learnt on patches.

    Patches lose their mean (of each value over all patches) and are whitened by
    :math:`T = V (D + \epsilon)^{-1/2} V^\top`; a sparse autoencoder with linear outputs learns W
    and b on them. The features of an image are the means, over the fields of a grid, of

    .. math:: \sigma(W T x - W T \bar x + b)

    at all places of a patch x in it, :math:`\bar x` being the mean patch. With ``n_clusters`` above
    1 the filters are those of K-means sparse autoencoders (Bi et al. 2019): the whitened patches
    are parted by k-means, and each cluster trains its share of the units.

    The defaults are those of UFLDL's exercises on STL-10.

    Args:
        image_shape: height, width and channels; None: the shape of the images given to ``fit``,
            or of rows a square in colours or in grey if they can be one, otherwise a single line.
        units: filters.
        patch_size: height and width of a patch; smaller images are one patch.
        n_patches: patches that are learnt from, drawn at random.
        pool_size: height and width of a field; 0: all places are one field.
        epsilon: :math:`\epsilon`.
        n_clusters: K.
        sparsity: :math:`\rho`, mean activation that each unit is pulled to.
        sparsity_weight: :math:`\beta`.
        weight_decay: :math:`\lambda`.
        iterations: steps of L-BFGS.
        memory: steps that L-BFGS remembers.
        random_state: seed of the patches, the initial weights and k-means.

    Attributes:
        network_: the filters with whitening and mean folded in.
        history_: loss after each iteration.
    """

    network_: ConvolvedFilters

    def __init__(
        self,
        image_shape: Sequence[int] | None = None,
        *,
        units: int = 400,
        patch_size: int = 8,
        n_patches: int = 100_000,
        pool_size: int = 19,
        epsilon: float = 0.1,
        n_clusters: int = 1,
        sparsity: float = 0.035,
        sparsity_weight: float = 5.0,
        weight_decay: float = 3e-3,
        iterations: int = 400,
        memory: int = 20,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.image_shape = image_shape
        self.units = units
        self.patch_size = patch_size
        self.n_patches = n_patches
        self.pool_size = pool_size
        self.epsilon = epsilon
        self.n_clusters = n_clusters
        self.sparsity = sparsity
        self.sparsity_weight = sparsity_weight
        self.weight_decay = weight_decay
        self.iterations = iterations
        self.memory = memory
        self.random_state = random_state

    def fit(self, X: Samples, y: object = None) -> Self:
        """Learn filters on patches of images ``[n, height, width, channels]``; ``y`` is ignored.

        Raises:
            NotApplicableError: the samples are no images of the image shape, or patches or units
                do not suffice for the clusters.
            DivergedError: the loss is not finite.
        """
        require_units(self.units, self.n_clusters)
        shape = sample_shape(X)
        X = validate_data(self, as_rows(X), dtype=np.float32)
        seed = base_seed(self.random_state)
        network = self._network(shape or X.shape[1:], "glorot-uniform", seed)
        patches = self._patches(X.reshape(len(X), *network.image_shape), network, seed)
        whitening = ZCAWhitening(self.epsilon).fit(patches)
        sparsity = Sparsity(self.sparsity, self.sparsity_weight, self.weight_decay, "linear")
        layers, self.history_ = train_on_clusters(
            LayerTraining(sparsity, self.iterations, self.memory),
            to_tensor(whitening.transform(patches)),
            self.units,
            self.n_clusters,
            seed=seed,
        )
        weight = torch.cat([each.weight for each in layers])
        folded = weight @ to_tensor(whitening.components_)
        bias = torch.cat([each.bias for each in layers]) - folded @ to_tensor(whitening.mean_)
        self._fill(network, folded, bias)
        self.network_ = network.eval()
        return self

    def _patches(self, images: np.ndarray, network: ConvolvedFilters, seed: int) -> np.ndarray:
        """Patches ``[n_patches, height width channels]`` from random places of random images."""
        high, wide = network.weight.shape[2:]
        random = np.random.RandomState(derive_seed(seed, "patches") % 2**32)
        n, height, width, _ = images.shape
        image = random.randint(n, size=self.n_patches)
        top = random.randint(height - high + 1, size=self.n_patches)
        left = random.randint(width - wide + 1, size=self.n_patches)
        rows = top[:, None, None] + np.arange(high)[:, None]
        columns = left[:, None, None] + np.arange(wide)
        return images[image[:, None, None], rows, columns].reshape(self.n_patches, -1)

    def _fill(self, network: ConvolvedFilters, weight: Tensor, bias: Tensor) -> None:
        units, channels, high, wide = network.weight.shape
        kernels = weight.view(units, high, wide, channels).permute(0, 3, 1, 2)
        network.load_state_dict({"weight": kernels, "bias": bias})

    def _network(self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int) -> Any:
        shape = _image_shape(self.image_shape, sample_shape)
        network = ConvolvedFilters(shape, self.units, self.patch_size, self.pool_size)
        return network.to(current_session().device)

    @property
    def _n_features_out(self) -> int:
        return self.units * math.prod(self.network_.grid)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags


def _image_shape(given: Sequence[int] | None, sample_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Height, width and channels of a sample.

    Raises:
        NotApplicableError: the samples do not have as many values as the given image shape.
    """
    n_features = math.prod(sample_shape)
    if given is None and len(sample_shape) > 1:
        given = sample_shape
    if given is None:
        side = math.isqrt(n_features // 3)
        if 3 * side * side == n_features:
            return (side, side, 3)
        side = math.isqrt(n_features)
        return (side, side, 1) if side * side == n_features else (1, n_features, 1)
    if math.prod(given) != n_features:
        raise NotApplicableError(
            f"image_shape={tuple(given)} has {math.prod(given)} values, but the samples have "
            f"{n_features}; give the shape of the images."
        )
    return (*given, 1) if len(given) == 2 else tuple(given)
