import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits, make_blobs
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster import landmark_spectral
from clustrace.cluster.landmark_spectral import LandmarkSpectralClustering, landmark_weights
from clustrace.errors import NotApplicableError

X, Y = make_blobs(150, 5, centers=4, random_state=3)
DIGITS = load_digits().data[:300]


def _weights(x, landmarks, r):
    """Textbook version: one sample at a time."""
    d = cdist(x, landmarks)
    z = np.zeros_like(d)
    for i, row in enumerate(d):
        near = np.argsort(row)[:r]
        z[i, near] = np.exp(-row[near] / (2 * d.mean() ** 2))
        z[i] /= z[i].sum()
    return z


def test_weights_are_the_textbooks_in_blocks_of_any_size(monkeypatch):
    monkeypatch.setattr(landmark_spectral, "_BLOCK", 47)
    landmarks = DIGITS[::10]
    found = landmark_weights(DIGITS, landmarks, 5).toarray()
    np.testing.assert_allclose(found, _weights(DIGITS, landmarks, 5), atol=1e-12)


def test_embedding_has_the_singular_vectors_of_the_dense_matrix():
    fitted = LandmarkSpectralClustering(6, n_landmarks=60, random_state=0).fit(DIGITS)
    z = _weights(DIGITS, fitted.landmarks_, 5)
    left, sizes, _ = np.linalg.svd(z / np.sqrt(z.sum(axis=0)), full_matrices=False)
    assert sizes[0] == pytest.approx(1) and sizes[6] - sizes[7] > 1e-3
    wanted = left[:, 1:7] / np.linalg.norm(left[:, 1:7], axis=1, keepdims=True)
    np.testing.assert_allclose(
        fitted.embedding_ @ fitted.embedding_.T, wanted @ wanted.T, atol=1e-8
    )


def test_finds_separated_clusters():
    labels = LandmarkSpectralClustering(4, random_state=0).fit_predict(X)
    assert adjusted_rand_score(Y, labels) > 0.95


def test_half_the_samples_are_landmarks_where_there_are_few():
    assert len(LandmarkSpectralClustering(4, random_state=0).fit(X).landmarks_) == 75
    fitted = LandmarkSpectralClustering(4, random_state=0).fit(X[:6])
    assert len(fitted.landmarks_) == 5 and len(fitted.labels_) == 6
    assert len(LandmarkSpectralClustering(4, random_state=0).fit_predict(X[:4])) == 4


def test_duplicates_and_constant_features():
    doubled = np.hstack([np.repeat(X, 4, axis=0), np.ones((600, 2))])
    labels = LandmarkSpectralClustering(4, random_state=0).fit_predict(doubled)
    assert (labels.reshape(-1, 4) == labels.reshape(-1, 4)[:, :1]).all()
    assert len(LandmarkSpectralClustering(2, random_state=0).fit_predict(np.ones((20, 3)))) == 20


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=4"):
        LandmarkSpectralClustering(4).fit(X[:2])
    with pytest.raises(NotApplicableError, match="All samples are zero"):
        LandmarkSpectralClustering(2).fit(np.zeros((9, 3)))
