import numpy as np
import pytest
import torch

from clustrace.errors import DivergedError, NotApplicableError
from clustrace.nets.dense import DenseAutoencoder
from clustrace.train.augmentation import Augmentation
from clustrace.train.augmented import AugmentedAutoencoder, SmoothReconstructionObjective
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.session import training_session

X = np.random.default_rng(0).random((90, 16)).astype(np.float32)


def _autoencoder(**more):
    settings = {"batch_size": 32, "max_iterations": 12, "random_state": 0, "learning_rate": 0.1}
    return AugmentedAutoencoder((12, 5, 12), 3, **{**settings, **more})


def _objective(scale, smoothing=0.001):
    network = DenseAutoencoder(16, (12, 5, 12), 3, scheme="fan-in-uniform")
    augmentation = Augmentation((4, 4), 10.0, 0.1)
    return SmoothReconstructionObjective(
        network, augmentation, smoothing=smoothing, smoothing_scale=scale
    )


@pytest.mark.parametrize(("scale", "share"), [("printed", 1 / 16), ("activity", 1.0)])
def test_equation_13_in_both_scales(scale, share):
    objective = _objective(scale, 0.5)
    batch = torch.from_numpy(X[:7])
    losses = objective.losses(batch, torch.arange(7), torch.Generator().manual_seed(3))
    augmented = objective.augmentation(batch, torch.Generator().manual_seed(3))
    with torch.no_grad():
        z = objective.module.encode(augmented).double().numpy()
        error = (augmented - objective.module.decode(objective.module.encode(augmented))).numpy()
    per_sample = [sum(e**2) / 16 + 0.5 * share * sum(v**2) for e, v in zip(error, z, strict=True)]
    assert losses["loss"].item() == pytest.approx(sum(per_sample) / 7, rel=1e-5)
    expected = losses["reconstruction"] + 0.5 * losses["penalty"]
    torch.testing.assert_close(losses["loss"], expected)


def test_the_printed_ratio_is_that_of_the_sums():
    """Times D, the objective is eq. 13 as it stands."""
    losses = _objective("printed").losses(
        torch.from_numpy(X[:7]), torch.arange(7), torch.Generator().manual_seed(3)
    )
    network = _objective("printed").module
    augmented = Augmentation((4, 4), 10.0, 0.1)(
        torch.from_numpy(X[:7]), torch.Generator().manual_seed(3)
    )
    reconstruction, z = network(augmented)
    sums = (augmented - reconstruction).square().sum(1) + 0.001 * z.square().sum(1)
    assert 16 * losses["loss"].item() == pytest.approx(sums.mean().item(), rel=1e-5)


def test_the_embedded_network_has_a_fifth_fewer_parameters():
    embedded = DenseAutoencoder(784, (1024, 256, 1024), 10)
    usual = DenseAutoencoder(784, (500, 500, 2000), 10)
    counts = [sum(p.numel() for p in net.parameters()) for net in (embedded, usual)]
    assert counts == [2_680_090, 3_330_794]


def test_smoothing_shortens_the_embedding():
    more = {"max_iterations": 150, "smoothing_scale": "activity"}
    lengths = [
        np.square(_autoencoder(smoothing=smoothing, **more).fit_transform(X)).sum()
        for smoothing in (0.0, 0.5)
    ]
    assert lengths[1] < 0.5 * lengths[0]


def test_the_history_has_the_terms_and_ends_with_the_earlier_of_both_ends():
    history = _autoencoder(epochs=2, log_every=4).fit(X).history_
    assert [row["iteration"] for row in history] == [4, 6]  # Epochs of three batches.
    assert {"loss", "reconstruction", "penalty"} <= set(history[0])
    assert _autoencoder(epochs=9).fit(X).history_[-1]["iteration"] == 12
    assert "penalty" not in _autoencoder(smoothing=0).fit(X).history_[0]


def test_all_samples_are_one_batch_where_there_are_fewer():
    history = _autoencoder(batch_size=256, max_iterations=3).fit(X).history_
    assert [row["epoch"] for row in history] == [1, 2, 3]


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    first, again, other = (_autoencoder(random_state=s).fit_transform(X) for s in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_killed_and_resumed_ends_with_the_same_bits(tmp_path, monkeypatch):
    whole = _autoencoder().fit(X)
    losses, steps = SmoothReconstructionObjective.losses, []

    def killed(*arguments):
        steps.append(1)
        if len(steps) == 5:
            raise KeyboardInterrupt
        return losses(*arguments)

    monkeypatch.setattr(SmoothReconstructionObjective, "losses", killed)
    for _ in range(2):
        with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)):
            try:
                resumed = _autoencoder().fit(X)
            except KeyboardInterrupt:
                assert len(steps) == 5
    assert len(steps) == 13, "the killed step is the only one that is repeated"
    assert np.array_equal(whole.transform(X), resumed.transform(X))
    assert resumed.history_ == whole.history_


def test_images_keep_their_shape_and_rows_that_are_no_square_are_refused():
    images = X.reshape(-1, 2, 8)
    assert _autoencoder().fit(images).transform(images).shape == (90, 3)
    with pytest.raises(NotApplicableError, match="no square image"):
        _autoencoder().fit(X[:, :12])


def test_an_unknown_scale_and_a_rate_too_high_are_told():
    with pytest.raises(NotApplicableError, match="printed, activity"):
        _autoencoder(smoothing_scale="sum").fit(X)
    with pytest.raises(DivergedError, match="lower its learning rate"):
        _autoencoder(learning_rate=1e6, max_iterations=60).fit(X)


def test_a_longer_training_passes_through_a_shorter_one():
    """Figures of stages of the training are made of trainings that end there."""
    short = _autoencoder(max_iterations=7, log_every=1).fit(X)
    longer = _autoencoder(max_iterations=8, log_every=1).fit(X)
    assert longer.history_[:7] == short.history_
    batch = torch.from_numpy(X)
    assert not torch.equal(longer.network_.encode(batch), short.network_.encode(batch))
