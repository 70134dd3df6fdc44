import numpy as np
import pytest
import scipy.sparse
import torch
from sklearn.frozen import FrozenEstimator

from clustrace.cluster.dec import DEC
from clustrace.cluster.embedding_kmeans import EmbeddingKMeans
from clustrace.cluster.idec import IDEC
from clustrace.train.autoencoder import Autoencoder
from clustrace.train.encoding import encode_all, to_device
from clustrace.train.layerwise import LayerwiseAutoencoder
from clustrace.train.rows import SparseRows

RANDOM = np.random.default_rng(0)
DENSE = RANDOM.random((90, 30)) * (RANDOM.random((90, 30)) < 0.2)
DENSE[7] = 0  # A document without any word of the vocabulary.
DENSE = DENSE.astype(np.float32)
SPARSE = scipy.sparse.csr_matrix(DENSE)


def _network_bytes(estimator):
    return [t.numpy().tobytes() for t in estimator.network_.state_dict().values()]


@pytest.mark.parametrize("rows", [[], [0], [7], [5, 5, 7, 89, 0], list(range(90))])
def test_a_batch_is_the_rows_made_dense(rows):
    batch = SparseRows(SPARSE)[torch.tensor(rows, dtype=torch.int64)]
    assert batch.dtype == torch.float32
    assert np.array_equal(batch.numpy(), DENSE[rows])


def test_entries_given_twice_are_added():
    twice = scipy.sparse.csr_matrix(([1.0, 2.0, 4.0], [3, 3, 0], [0, 2, 3]), shape=(2, 5))
    assert SparseRows(twice)[torch.arange(2)].tolist() == [[0, 0, 0, 3, 0], [4, 0, 0, 0, 0]]
    assert twice.nnz == 3, "the matrix given stays as it was"


def test_size_and_shape():
    rows = to_device(SPARSE.tocoo())
    assert isinstance(rows, SparseRows)
    assert (len(rows), rows.shape, rows.device.type) == (90, (90, 30), "cpu")


@pytest.mark.parametrize("size", [7, 90, 4096])
def test_all_are_encoded_in_order_and_never_dense_at_once(monkeypatch, size):
    monkeypatch.setattr("clustrace.train.encoding._CHUNK", size)
    shapes = []

    def doubled(chunk):
        shapes.append(tuple(chunk.shape))
        return 2 * chunk

    assert np.array_equal(encode_all(doubled, to_device(SPARSE)).numpy(), 2 * DENSE)
    assert max(shapes) == (min(size, 90), 30)


@pytest.mark.parametrize(
    "estimator",
    [
        Autoencoder((16,), 3, epochs=3, batch_size=32, random_state=0),
        LayerwiseAutoencoder(
            (16,), 3, layer_iterations=9, stack_iterations=9, batch_size=32, random_state=0
        ),
    ],
    ids=lambda e: type(e).__name__,
)
def test_an_autoencoder_learns_the_same_from_sparse_samples(estimator):
    sparse = estimator.fit(SPARSE)
    embedding, weights, history = sparse.transform(SPARSE), _network_bytes(sparse), sparse.history_
    dense = estimator.fit(DENSE)
    assert _network_bytes(dense) == weights
    assert dense.history_ == history
    assert np.array_equal(dense.transform(DENSE), embedding)


@pytest.mark.parametrize("method", [DEC, IDEC, EmbeddingKMeans])
def test_a_clusterer_finds_the_same_clusters_in_sparse_samples(method):
    autoencoder = Autoencoder(
        (16,), 3, epochs=5, batch_size=32, optimizer="adam", random_state=0
    ).fit(DENSE)
    few = {} if method is EmbeddingKMeans else {"max_iterations": 20, "update_interval": 5}
    frozen = FrozenEstimator(autoencoder)
    sparse, dense = (
        method(3, autoencoder=frozen, random_state=0, **few).fit(x) for x in (SPARSE, DENSE)
    )
    assert np.array_equal(sparse.labels_, dense.labels_)
    assert np.array_equal(sparse.cluster_centers_, dense.cluster_centers_)
    assert np.array_equal(sparse.predict(SPARSE), dense.predict(DENSE))
