"""Sizes of dense networks, from the widths of their layers as config/ declares them."""

from __future__ import annotations

import math
from itertools import pairwise

from clustrace.config.experiment import Experiment


def size_of(experiment: Experiment, method: str, dataset: str, metric: str) -> float:
    """Parameters of an autoencoder, or its operations, two for each of them; in millions."""
    arguments = experiment.arguments(method, dataset)
    hidden, embedding = arguments["hidden_units"], arguments["embedding_size"]
    assert isinstance(hidden, list) and isinstance(embedding, int)
    inputs = math.prod(experiment.registry.shape(dataset))
    widths = [inputs, *map(int, hidden), embedding]
    parameters = sum(a * b + b for a, b in (*pairwise(widths), *pairwise(reversed(widths))))
    return {"parameters": parameters, "operations": 2 * parameters}[metric] / 10**6
