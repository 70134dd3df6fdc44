"""Sizes of the networks of tables that compare networks: parameters and operations, counted."""

from __future__ import annotations

import math
from collections.abc import Mapping

from clustrace.config.papers import Paper
from clustrace.config.plan import Plan, Run, sized_runs_of

#: Sizes by the method whose network it is, and the data set whose samples it takes.
Sizes = Mapping[tuple[str, str], Mapping[str, float]]

_MILLION = 10**6


def network_sizes(plan: Plan, paper: Paper) -> Sizes:
    """Parameters and operations of all networks that tables of a paper compare, in millions.

    They are counted from networks built with the arguments of their methods; nothing is trained.
    """
    return {(run.method, run.dataset): _size(plan, run) for run in sized_runs_of(paper)}


def _size(plan: Plan, run: Run) -> dict[str, float]:
    # Takes seconds to import, and few papers compare networks.
    import torch

    from clustrace.nets.dense import DenseAutoencoder
    from clustrace.nets.multiply_adds import operation_count

    arguments = plan.experiment.arguments(run.method, run.dataset)
    hidden_units, embedding_size = arguments["hidden_units"], arguments["embedding_size"]
    assert isinstance(hidden_units, list) and isinstance(embedding_size, int)
    n_features = math.prod(plan.experiment.registry.shape(run.dataset))
    network = DenseAutoencoder(n_features, [int(units) for units in hidden_units], embedding_size)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    operations = operation_count(network, torch.zeros(1, n_features))
    return {"parameters": parameters / _MILLION, "operations": operations / _MILLION}
