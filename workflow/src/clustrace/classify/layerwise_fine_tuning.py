"""Fine-tuning from the top down, as Makhzani and Frey 2014 describe for deep encoders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.base import TransformerMixin

from clustrace.classify.fine_tuning import FineTunedClassifier, Stage


class LayerwiseFineTunedClassifier(FineTunedClassifier):
    """Softmax on the layers of a learnt encoder, which are fine-tuned from the top down.

    First the softmax alone, with all layers fixed; then the topmost layer with it, and so on, until
    all are trained together, each time from what the last training left (Makhzani and Frey 2014,
    section 4.6). Fixed layers have no noise. Each training has the same schedule of the learning
    rate; the paper does not say how long the first ones take.

    Args:
        features: as of :class:`FineTunedClassifier`.
        hidden_units: as there.
        encoding_factor: as there.
        softmax_epochs: passes over the data for the softmax alone.
        upper_epochs: passes over the data for each training with some of the layers fixed.
        epochs: passes over the data for all layers together.
        batch_size: as there.
        learning_rate: as there.
        final_learning_rate: as there.
        momentum: as there.
        random_state: as there.

    Attributes:
        classes_: labels, sorted.
        network_: the layers with their softmax.
        choices_: as there.
        history_: as there.
    """

    def __init__(
        self,
        features: TransformerMixin | None = None,
        *,
        hidden_units: Sequence[int] = (1000, 1000),
        encoding_factor: int | Sequence[int] | None = None,
        softmax_epochs: int = 200,
        upper_epochs: int = 200,
        epochs: int = 200,
        batch_size: int = 100,
        learning_rate: float | Sequence[float] = 1.0,
        final_learning_rate: float = 0.001,
        momentum: float = 0.25,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(
            features,
            hidden_units=hidden_units,
            encoding_factor=encoding_factor,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            final_learning_rate=final_learning_rate,
            momentum=momentum,
            random_state=random_state,
        )
        self.softmax_epochs = softmax_epochs
        self.upper_epochs = upper_epochs

    def _stages(self, layers: int) -> list[Stage]:
        softmax = Stage(fixed=layers, epochs=self.softmax_epochs)
        upper = [Stage(fixed, self.upper_epochs) for fixed in range(layers - 1, 0, -1)]
        return [softmax, *upper, Stage(fixed=0, epochs=self.epochs)]
