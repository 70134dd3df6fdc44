import numpy as np
import pytest
import scipy.ndimage
import torch

from clustrace.errors import NotApplicableError
from clustrace.train.augmentation import Augmentation, augmentation_of


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _by_hand(image, angle, x_shift, y_shift):
    """The same map in pixels, by SciPy: rows are y, columns x, both about the centre."""
    height, width = image.shape
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array([[cos, sin], [-sin, cos]])
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - matrix @ centre + [y_shift * height, x_shift * width]
    return scipy.ndimage.affine_transform(image, matrix, offset, order=1, mode="nearest")


@pytest.mark.parametrize("shape", [(9, 9), (6, 11)])
def test_rotates_and_shifts_pixels_with_the_nearest_outside(shape):
    images = np.random.default_rng(0).random((5, *shape)).astype(np.float32)
    augmentation = Augmentation(shape, 10.0, 0.1)
    found = augmentation(torch.from_numpy(images.reshape(5, -1)), _generator())
    drawn = 2 * torch.rand(3, 5, generator=_generator()).double().numpy() - 1
    for image, moved, (turn, x, y) in zip(images, found.numpy(), drawn.T, strict=True):
        expected = _by_hand(image, np.deg2rad(10 * turn), 0.1 * x, 0.1 * y)
        np.testing.assert_allclose(moved.reshape(shape), expected, atol=2e-5)


def test_a_shift_moves_a_whole_image_by_as_many_pixels():
    image = torch.zeros(1, 8, 8)
    image[0, 3, 3] = 1.0
    augmentation = Augmentation((8, 8), 0.0, 0.25)
    moved = [augmentation(image.view(1, -1), _generator(seed)).view(8, 8) for seed in range(200)]
    centres = np.array(
        [[float((m.sum(dim=d) * torch.arange(8)).sum() / m.sum()) for d in (0, 1)] for m in moved]
    )
    assert (np.abs(centres - 3) <= 2 + 1e-4).all()
    assert (centres.max(axis=0) > 4.8).all() and (centres.min(axis=0) < 1.2).all()


def test_each_image_is_moved_otherwise_and_the_same_seed_moves_them_again():
    batch = torch.rand(1, 64, generator=_generator()).repeat(4, 1)
    augmentation = Augmentation((8, 8), 10.0, 0.1)
    first, again = (augmentation(batch, _generator(1)) for _ in range(2))
    assert torch.equal(first, again)
    assert len(torch.unique(first, dim=0)) == 4
    assert first.min() >= batch.min() and first.max() <= batch.max()


def test_channels_move_together():
    grey = torch.rand(3, 6, 6, generator=_generator())
    colour = torch.stack([grey, 2 * grey], dim=-1).view(3, -1)
    moved = Augmentation((6, 6, 2), 10.0, 0.1)(colour, _generator(1)).view(3, 6, 6, 2)
    expected = Augmentation((6, 6), 10.0, 0.1)(grey.view(3, -1), _generator(1)).view(3, 6, 6)
    torch.testing.assert_close(moved[..., 0], expected)
    torch.testing.assert_close(moved[..., 1], 2 * expected)


def test_rows_are_square_images_unless_told_otherwise():
    assert augmentation_of((16,), None, 10, 0.1).image_shape == (4, 4)
    assert augmentation_of((12,), (3, 4), 10, 0.1).image_shape == (3, 4)
    assert augmentation_of((5, 7), None, 10, 0.1).image_shape == (5, 7)


@pytest.mark.parametrize(
    ("sample", "image", "words"),
    [((12,), None, "no square image"), ((12,), (5, 5), "25 values"), ((2, 2, 2, 2), None, "16")],
)
def test_samples_that_are_no_such_images_are_refused(sample, image, words):
    with pytest.raises(NotApplicableError, match=words):
        augmentation_of(sample, image, 10, 0.1)


def test_without_any_augmentation_all_rows_will_do_and_stay():
    batch = torch.rand(3, 5)
    assert augmentation_of((5,), None, 0, 0)(batch, _generator()) is batch
    with pytest.raises(NotApplicableError, match="give 0 or more"):
        augmentation_of((4,), None, -1, 0)
