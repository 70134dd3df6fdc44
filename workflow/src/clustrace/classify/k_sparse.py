"""The k-sparse autoencoder of Makhzani and Frey 2014, shallow and deep."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from clustrace.classify.layers import LayeredLearner, LayerObjective
from clustrace.errors import NotApplicableError
from clustrace.nets.initialisation import Scheme
from clustrace.nets.k_sparse_error import k_sparse_error
from clustrace.nets.selection import LargestUnits
from clustrace.nets.tied import Centring, KSparseNetwork
from clustrace.train.optimizers import linear_change
from clustrace.train.rows import Rows, Samples, chunks
from clustrace.train.seeds import derive_seed
from clustrace.train.session import current_session
from clustrace.train.state import Objective

_CHUNK = 4096
#: Share of the units up to which sparse products take less time than those with all units.
_SPARSE_SHARE = 0.2


class KSparseObjective(LayerObjective):
    """Squared error of a k-sparse layer, with a schedule of k.

    Args:
        encoder: the layer, with ``centring``, a linear map ``linear`` and a ``selection``.
        decoder: the layer that takes its output back.
        schedule: k of an iteration.
        per_epoch: iterations of an epoch.
        iterations: iterations of the whole training.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        schedule: Callable[[int], int],
        *,
        per_epoch: int,
        iterations: int,
    ) -> None:
        super().__init__(encoder, decoder, per_epoch=per_epoch, iterations=iterations)
        self._centring: Centring = encoder.centring  # type: ignore[assignment]
        self._selection: LargestUnits = encoder.selection  # type: ignore[assignment]
        self._schedule = schedule

    def before_iteration(self, iteration: int) -> Mapping[str, float] | None:
        """Set k; facts of the epoch that has ended, with the k of its last iteration."""
        facts = super().before_iteration(iteration)
        self._selection.kept = self._schedule(iteration)
        return facts if facts is None else {"k": self._schedule(iteration - 1), **facts}

    def losses(self, batch: Tensor, index: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Error of a batch."""
        kept = self._selection.kept
        on_cpu = batch.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
        if not on_cpu or kept > _SPARSE_SHARE * len(self.state["used"]):
            return super().losses(batch, index, generator)
        parameters = dict(self.module.named_parameters())
        error, places = k_sparse_error(
            self._centring(batch),
            parameters["encoder.linear.weight"],
            parameters["encoder.linear.bias"],
            self._centring(parameters["decoder.bias"]),
            kept,
        )
        self.state["used"] |= places.any(dim=0)
        return {"loss": error}


class KSparseAutoencoder(LayeredLearner):
    r"""k-sparse autoencoder: linear, tied, and only the k largest hidden units are kept.

    .. math::
        z = W^\top (x - m) + b,\quad z_{\Gamma^c} = 0,\ \Gamma = \mathrm{supp}_k(z),\qquad
        \hat x = W z + b',\qquad \min \frac1n \sum_i \|x_i - \hat x_i\|^2

    (Makhzani and Frey 2014, section 2.2). Largest with their sign, and kept with it. The features
    of a sample are its αk largest units. Over the first half of the epochs k falls linearly from
    ``initial_k``, by which all units get a share of the gradient (section 4.2.1). Several layers
    are trained one after the other, each on the αk-sparse features of the one below
    (section 4.6).

    With ``centred`` m is the mean of the layer's input and b' starts from it, otherwise both are
    zero. The functions are the same, as the biases can take up m, but not their training: where
    samples share a large mean, the units that happen to resemble it are the largest for all of
    them from the first steps on, and most others are never kept.

    The defaults are those of MNIST (section 4.2.2): weights N(0, 0.01²), SGD with learning rate
    0.01 and momentum 0.9.

    Args:
        hidden_units: units of each layer.
        k: units of each layer that are kept in training.
        encoding_factor: α; α k units are kept in encoding and fine-tuning.
        initial_k: k at the beginning; at most all units, and none below ``k``.
        centred: whether the mean of a layer's input is taken away from it.
        epochs: passes over the data a layer.
        batch_size: samples a gradient step.
        learning_rate: step size.
        momentum: momentum.
        random_state: seed of weights and order of samples.

    Attributes:
        network_: the trained network; it keeps αk units in training mode too.
        history_: of each epoch the mean loss, ``k`` and the units that no sample kept
            (``dead_units``), and the mutual coherence of the dictionary W after the last one;
            ``phase`` counts the layers from 1.
    """

    network_: KSparseNetwork

    def __init__(
        self,
        hidden_units: Sequence[int] = (1000,),
        k: int = 25,
        *,
        encoding_factor: int = 3,
        initial_k: int = 100,
        centred: bool = True,
        epochs: int = 5000,
        batch_size: int = 100,
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.k = k
        self.encoding_factor = encoding_factor
        self.initial_k = initial_k
        self.centred = centred
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.random_state = random_state

    def fit(self, X: Samples, y: object = None) -> Self:
        """As of all layered learners; afterwards αk units are kept.

        Raises:
            NotApplicableError: k, or αk, is more than a layer has units.
            DivergedError: the loss is not finite.
        """
        super().fit(X)
        self.network_.keep(self._encoded(), self._encoded())
        return self

    def with_encoding_factor(self, encoding_factor: int) -> Self:
        """A copy of this fitted learner, with the same weights, that keeps α k units.

        Args:
            encoding_factor: α.

        Raises:
            NotApplicableError: α is below 1, or a layer has fewer units than α k.
        """
        check_is_fitted(self, "network_")
        other = copy.deepcopy(self).set_params(encoding_factor=encoding_factor)
        other.network_.keep(other._encoded(), other._encoded())
        return other

    def _network(self, sample_shape: tuple[int, ...], scheme: Scheme, seed: int) -> KSparseNetwork:
        encoded = self._encoded()
        return KSparseNetwork(
            math.prod(sample_shape),
            self.hidden_units,
            kept=encoded,
            encoded=encoded,
            scheme=scheme,
            seed=derive_seed(seed, "weights"),
        ).to(current_session().device)

    def _objective(
        self, encoder: nn.Module, decoder: nn.Module, data: Rows, **counts: int
    ) -> Objective:
        if self.centred:
            mean = _mean(data)
            for start in (encoder.centring.mean, decoder.bias):
                start.data.copy_(mean)  # type: ignore[operator, union-attr]
        initial = max(self.k, min(self.initial_k, *self.hidden_units))
        k = linear_change(initial, self.k, max(1, counts["iterations"] // 2))
        return KSparseObjective(encoder, decoder, lambda i: round(k(i)), **counts)

    def _encoded(self) -> int:
        """Units that are kept in encoding, α k.

        Raises:
            NotApplicableError: there are not as many, or k or α is below 1.
        """
        units = min(self.hidden_units)
        if self.k < 1 or self.encoding_factor < 1:
            raise NotApplicableError(
                f"k = {self.k} with the encoding factor {self.encoding_factor}: both must be at "
                "least 1, as one hidden unit has to be kept and encoding keeps no fewer than "
                "training."
            )
        encoded = self.encoding_factor * self.k
        if encoded > units:
            raise NotApplicableError(
                f"k = {self.k} with the encoding factor {self.encoding_factor} keeps {encoded} "
                f"units, and a layer has {units}; lower k or the factor, or raise hidden_units."
            )
        return encoded


def _mean(data: Rows) -> Tensor:
    """Mean of each feature, float64 ``[n_features]``."""
    sums = [chunk.sum(dim=0, dtype=torch.float64) for chunk in chunks(data, _CHUNK)]
    return torch.stack(sums).sum(dim=0) / len(data)
