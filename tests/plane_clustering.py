"""A method for tests that clusters a plane made of features, and stores it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin


class PlaneClustering(ClusterMixin, BaseEstimator):
    """Cuts the plane of the sums of two halves of the features into strips of random direction."""

    stores_embedding = True

    def __init__(self, n_clusters: int = 8, random_state: int | None = None) -> None:
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> PlaneClustering:
        """Cut the samples ``[n, d]`` into strips of equally many."""
        middle = X.shape[1] // 2
        plane = np.stack([X[:, :middle].sum(axis=1), X[:, middle:].sum(axis=1)], axis=1)
        self.embedding_ = plane + np.random.RandomState(self.random_state).normal(size=2)
        angle = np.random.RandomState(self.random_state).uniform(0, np.pi)
        ranks = np.argsort(np.argsort(plane @ [np.cos(angle), np.sin(angle)]))
        self.labels_ = ranks * self.n_clusters // len(ranks)
        return self
