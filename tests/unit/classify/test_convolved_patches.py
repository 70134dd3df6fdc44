"""Tests of classify.convolved_patches and nets.convolved: patches, whitening, pooling."""

import numpy as np
import pytest

from clustrace.classify.convolved_patches import ConvolvedPatchAutoencoder
from clustrace.errors import NotApplicableError

IMAGES = np.random.RandomState(0).rand(12, 9, 9, 3).astype(np.float32)
SETTINGS = {
    "units": 6,
    "patch_size": 4,
    "n_patches": 80,
    "pool_size": 3,
    "iterations": 6,
    "random_state": 0,
}


def _fitted(**changes):
    return ConvolvedPatchAutoencoder(**{**SETTINGS, **changes}).fit(IMAGES)


def test_features_are_means_of_filtered_patches_over_the_fields():
    fitted = _fitted()
    weight, bias = (p.detach().numpy().astype(float) for p in fitted.network_.parameters())
    features = fitted.transform(IMAGES.reshape(12, -1)).reshape(12, 6, 2, 2)
    for image, unit, row, column in [(0, 0, 0, 0), (5, 3, 0, 1), (11, 5, 1, 1)]:
        responses = []
        for top in range(3 * row, 3 * row + 3):
            for left in range(3 * column, 3 * column + 3):
                patch = IMAGES[image, top : top + 4, left : left + 4].transpose(2, 0, 1)
                responses.append(1 / (1 + np.exp(-(weight[unit] * patch).sum() - bias[unit])))
        assert features[image, unit, row, column] == pytest.approx(np.mean(responses), abs=1e-5)


def test_whitening_and_mean_are_folded_into_the_filters(monkeypatch):
    seen = {}

    def training(_, patches, units, n_clusters, *, seed):
        from clustrace.classify.sparse_objective import Layers

        generator = np.random.RandomState(1)
        arrays = [generator.rand(*shape) for shape in ((units, 48), (units,), (48, units), (48,))]
        import torch

        seen["layers"] = Layers(*(torch.tensor(a, dtype=torch.float32) for a in arrays))
        seen["patches"] = patches
        return [seen["layers"]], []

    monkeypatch.setattr("clustrace.classify.convolved_patches.train_on_clusters", training)
    fitted = _fitted(image_shape=(9, 9, 3))
    from clustrace.data.patches import ZCAWhitening

    raw = fitted._patches(IMAGES, fitted.network_, 0)
    whitening = ZCAWhitening(0.1).fit(raw)
    np.testing.assert_allclose(whitening.transform(raw), seen["patches"].numpy(), atol=1e-5)
    expected = whitening.transform(raw) @ seen["layers"].weight.numpy().T
    expected += seen["layers"].bias.numpy()
    weight, bias = (p.detach().numpy() for p in fitted.network_.parameters())
    kernels = weight.transpose(0, 2, 3, 1).reshape(6, -1)
    np.testing.assert_allclose(raw @ kernels.T + bias, expected, atol=2e-4)


def test_filters_may_be_learnt_on_clusters():
    one, three = _fitted(), _fitted(n_clusters=3)
    assert one.transform(IMAGES).shape == three.transform(IMAGES).shape == (12, 24)
    assert np.abs(one.transform(IMAGES) - three.transform(IMAGES)).max() > 1e-3


def test_weights_from_a_file_give_the_same_features():
    fitted = _fitted()
    arrays = {name: t.numpy() for name, t in fitted.network_.state_dict().items()}
    loaded = ConvolvedPatchAutoencoder(**SETTINGS).load_weights(arrays, 243)
    np.testing.assert_array_equal(
        loaded.transform(IMAGES.reshape(12, -1)), fitted.transform(IMAGES.reshape(12, -1))
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_shape": (8, 8, 3)}, "has 192 values, but the samples have 243"),
        ({"n_clusters": 7}, "A layer of 6 units cannot be parted"),
        ({"n_clusters": 81, "units": 90}, "n_samples=80 is less than n_clusters=81"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(changes, message):
    with pytest.raises(NotApplicableError, match=message):
        _fitted(**changes)
