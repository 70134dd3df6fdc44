"""Sparse features on their way from the artefact into a method."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_matrix, issparse

from clustrace.cluster.kmeans import KMeans
from clustrace.data.artefact import read_artefact, write_artefact
from clustrace.data.features import feature_arrays, feature_facts
from clustrace.stages.training import scaled_features

DENSE = np.random.default_rng(0).random((20, 6), dtype=np.float32).round(1)


def job(path, features, scale):
    write_artefact(path, feature_arrays(features), about=feature_facts(features))
    return SimpleNamespace(settings={"input_scale": scale}, read=lambda _: read_artefact(path))


@pytest.mark.parametrize("scale", [1.0, 5.0])
def test_features_keep_their_form_and_type_when_scaled(tmp_path, scale):
    for features in (DENSE, csr_matrix(DENSE)):
        found = scaled_features(job(tmp_path / "a.safetensors", features, scale))
        assert issparse(found) == issparse(features)
        assert found.dtype == np.float32
        whole = found.toarray() if issparse(found) else found
        np.testing.assert_array_equal(whole, DENSE * np.float32(scale))


def test_kmeans_takes_them(tmp_path):
    dense, sparse = (
        KMeans(n_clusters=3, n_init=2, random_state=0).fit(
            scaled_features(job(tmp_path / "a.safetensors", features, 1.0))
        )
        for features in (DENSE, csr_matrix(DENSE))
    )
    np.testing.assert_array_equal(dense.labels_, sparse.labels_)
