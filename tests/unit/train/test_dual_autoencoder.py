import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from clustrace.errors import StoppedError
from clustrace.nets.dual import DualNetwork
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.dual_autoencoder import DualAutoencoder, DualObjective, DualWeights
from clustrace.train.session import training_session

IMAGES = (load_digits().images[:120] / 16).astype(np.float32)


def _small(**more):
    settings = {"filters": (4, 6), "epochs": 2, "batch_size": 50, "random_state": 0}
    return DualAutoencoder(embedding_size=5, **{**settings, **more})


def test_terms_of_a_batch_sum_by_sum():
    network = DualNetwork((8, 8), 5, (4, 6), seed=2)
    batch = torch.from_numpy(IMAGES[:7].reshape(7, 64))
    objective = DualObjective(network, DualWeights(5, 2.5, 1.5, 0.1))
    found = objective.losses(batch, torch.arange(7), torch.Generator().manual_seed(3))
    generator = torch.Generator().manual_seed(3)
    noise, order = torch.randn(7, 5, generator=generator), torch.randperm(7, generator=generator)
    mean, log_variance = network.posterior(batch)
    noisy = mean + noise * (log_variance / 2).exp()
    clean, rebuilt = network.decode(mean), network.decode(noisy)
    same = network.discriminator(torch.cat([noisy, noisy], 1)).sigmoid()
    mixed = network.discriminator(torch.cat([noisy, noisy[order]], 1)).sigmoid()
    prior = -0.5 * (1 + log_variance - mean.square() - log_variance.exp())
    expected = {
        "reconstruction": (batch - rebuilt).square().sum() / 7,
        "consistency": (clean - rebuilt).square().sum() / 7,
        "information": -(same.log() + (1 - mixed).log()).mean(),
        "divergence": prior.sum() / 7,
    }
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-5)
    total = sum(w * v for w, v in zip((5, 2.5, 0.1, 1.5), expected.values(), strict=True))
    torch.testing.assert_close(found["loss"], total, rtol=1e-4, atol=1e-4)


def test_training_lowers_the_loss_and_keeps_some_noise():
    fitted = _small(epochs=12, batch_size=30, learning_rate=0.01).fit(IMAGES)
    losses = [row["reconstruction"] for row in fitted.history_]
    assert losses[-1] < 0.8 * losses[0]
    _, log_variance = fitted.network_.posterior(torch.from_numpy(IMAGES.reshape(120, 64)))
    assert log_variance.mean() > -5


def test_loaded_weights_give_the_same_embedding():
    fitted = _small().fit(IMAGES)
    weights = {name: tensor.numpy() for name, tensor in fitted.network_.state_dict().items()}
    loaded = _small().load_weights(weights, 64)
    rows = IMAGES.reshape(120, 64)
    assert np.array_equal(loaded.transform(rows), fitted.transform(rows))
    assert loaded.inverse_transform(loaded.transform(rows)).shape == (120, 64)


def test_stopped_and_resumed_equals_undisturbed_bit_for_bit(tmp_path):
    whole = _small().fit(IMAGES)
    looks = iter([False, False, False, True])
    stopping = FolderCheckpoints(tmp_path, "id", 0.0, stopping=lambda: next(looks))
    with training_session(checkpoints=stopping), pytest.raises(StoppedError):
        _small().fit(IMAGES)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", 0.0)):
        resumed = _small().fit(IMAGES)
    first, second = whole.network_.state_dict(), resumed.network_.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert resumed.history_ == whole.history_
