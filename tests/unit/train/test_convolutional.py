import numpy as np
import pytest

from clustrace.errors import NotApplicableError
from clustrace.train.convolutional import ConvolutionalAutoencoder

IMAGES = np.random.default_rng(0).random((40, 8, 8)).astype(np.float32)


def _small(**more):
    settings = {"filters": (4, 4, 4), "epochs": 3, "batch_size": 16, "random_state": 0}
    return ConvolutionalAutoencoder(**{**settings, **more})


def test_images_and_rows_are_the_same():
    rows = IMAGES.reshape(40, 64)
    by_image, by_row = _small().fit(IMAGES), _small().fit(rows)
    declared = _small(image_shape=(8, 8)).fit(rows)
    assert np.array_equal(by_image.transform(IMAGES), by_row.transform(rows))
    assert np.array_equal(by_image.transform(rows), declared.transform(IMAGES))


def test_training_lowers_the_error():
    history = _small(epochs=20).fit(IMAGES).history_
    assert history[-1]["loss"] < 0.9 * history[0]["loss"]


def test_image_shape_that_does_not_fit_is_named():
    with pytest.raises(NotApplicableError, match=r"\(28, 28\) has 784 values.*have 64"):
        _small(image_shape=(28, 28)).fit(IMAGES)


def test_rows_that_are_no_square_are_a_line():
    assert _small().fit(IMAGES[:, :, 0].repeat(2, axis=1)[:, :10]).transform(
        np.zeros((2, 10), np.float32)
    ).shape == (2, 10)
