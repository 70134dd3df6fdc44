import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import make_blobs
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture
from umap import UMAP

from clustrace.cluster.n2d import N2D
from clustrace.errors import NotApplicableError
from clustrace.train.autoencoder import Autoencoder
from clustrace.train.seeds import derive_seed

X, Y = make_blobs(90, 6, centers=3, random_state=0)
X = (X / 10).astype(np.float32)


@pytest.fixture(scope="module")
def autoencoder():
    estimator = Autoencoder((16,), 4, epochs=40, batch_size=32, optimizer="adam", random_state=0)
    return FrozenEstimator(estimator.fit(X))


@pytest.fixture(scope="module")
def fitted(autoencoder):
    threads = torch.get_num_threads()
    fitted = N2D(3, autoencoder=autoencoder, n_neighbors=10, random_state=7).fit(X)
    # The first fit compiles all that there is, and starts numba's threads.
    assert torch.get_num_threads() == threads
    return fitted


def test_it_is_its_parts_one_after_the_other(autoencoder, fitted):
    code = autoencoder.transform(X)
    seed = derive_seed(7, "map") % 2**32
    mapping = UMAP(10, n_components=3, min_dist=0.0, n_jobs=1, random_state=seed)
    coordinates = mapping.fit_transform(code)
    np.testing.assert_array_equal(fitted.embedding_, coordinates)
    mixture = GaussianMixture(3, random_state=derive_seed(7, "components") % 2**32)
    labels = mixture.fit_predict(coordinates)
    assert adjusted_rand_score(labels, fitted.labels_) == 1
    means = [code[fitted.labels_ == k].mean(axis=0) for k in range(3)]
    np.testing.assert_allclose(fitted.cluster_centers_, means, atol=0.05)


def test_torch_has_as_many_threads_as_before(fitted):
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            N2D(3, autoencoder=fitted.autoencoder_, n_neighbors=10, random_state=7).fit(X)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_finds_separated_clusters(fitted):
    assert adjusted_rand_score(Y, fitted.labels_) > 0.95


def test_more_neighbours_than_samples_are_all_of_them(autoencoder):
    few = N2D(3, autoencoder=autoencoder, n_neighbors=20, random_state=0).fit(X[:15])
    assert few.n_neighbors_ == 14
    assert few.embedding_.shape == (15, 3)


def test_too_few_samples_for_a_map(autoencoder):
    few = N2D(3, autoencoder=autoencoder, n_components=8)
    with pytest.raises(NotApplicableError, match="map of 8 dimensions needs at least 10 samples"):
        few.fit(X[:9])


@pytest.mark.slow
def test_importing_it_does_not_import_umap():
    code = "import sys, clustrace.cluster.n2d; print('numba' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
