import itertools
import json

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from clustrace.classify.k_sparse import KSparseAutoencoder, KSparseObjective
from clustrace.classify.layers import LayerObjective
from clustrace.classify.thresholding import mutual_coherence
from clustrace.errors import NotApplicableError, StoppedError
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.engine import train
from clustrace.train.session import training_session

X = np.random.default_rng(0).normal(size=(70, 12)).astype(np.float32)


def _small(units=(20,), **more):
    settings = {
        "k": 3,
        "encoding_factor": 2,
        "initial_k": 10,
        "epochs": 8,
        "batch_size": 16,
        "random_state": 1,
    }
    return KSparseAutoencoder(units, **{**settings, **more})


def test_codes_have_at_most_alpha_k_entries_with_their_sign():
    learner = _small().fit(X)
    codes = learner.transform(X)
    linear = learner.network_.encoder[0].linear
    mean = X.mean(axis=0, dtype=float).astype(np.float32)
    activities = (X - mean) @ linear.weight.detach().numpy().T + linear.bias.detach().numpy()
    largest = np.sort(np.argsort(-activities, axis=1)[:, :6], axis=1)
    for code, activity, places in zip(codes, activities, largest, strict=True):
        np.testing.assert_array_equal(np.flatnonzero(code), places)
        np.testing.assert_allclose(code[places], activity[places], rtol=1e-4, atol=1e-6)
    few = _small((6,), k=2, encoding_factor=3).fit(X).transform(X)
    assert (few < 0).any(), "all units are kept, and some are negative"


def test_k_falls_linearly_over_the_first_half_of_the_epochs():
    rows = _small().fit(X).history_
    # 40 iterations: 10 - 7 i / 20, told after each epoch of 5.
    assert [row["k"] for row in rows] == [9, 7, 5, 3, 3, 3, 3, 3]
    assert [row["k"] for row in _small(initial_k=2).fit(X).history_] == [3] * 8
    assert _small(initial_k=500, epochs=20).fit(X).history_[0]["k"] > 17


def test_dead_units_and_coherence_are_told():
    learner = _small().fit(X)
    weight = learner.network_.encoder[0].linear.weight.detach().numpy()
    assert learner.history_[-1]["mutual_coherence"] == pytest.approx(mutual_coherence(weight.T))
    assert "mutual_coherence" not in learner.history_[-2]
    assert [row["epoch"] for row in learner.history_] == list(range(1, 9))
    # With one unit of each sample kept, 70 samples cannot use 200 units.
    rows = _small((200,), k=1, initial_k=1, encoding_factor=1).fit(X).history_
    assert all(row["dead_units"] >= 130 for row in rows)


def _objectives(learner, n_features):
    """The objective as trained on a CPU, and the composed one of other devices."""
    network = learner._network((n_features,), "normal-0.01", 0)
    encoder, decoder = network.pairs()[0]
    encoder.selection.kept = 3
    counts = {"per_epoch": 5, "iterations": 40}
    return KSparseObjective(encoder, decoder, lambda _: 3, **counts), LayerObjective(
        encoder.train(), decoder, **counts
    )


def test_both_ways_to_compute_the_error_agree():
    batch, generator = torch.from_numpy(X), torch.Generator()
    fast, composed = _objectives(_small(), 12)
    assert isinstance(fast, KSparseObjective)
    losses = [o.losses(batch, torch.arange(70), generator)["loss"] for o in (fast, composed)]
    torch.testing.assert_close(*losses)
    assert torch.equal(fast.state["used"], composed.state["used"])


def test_bfloat16_takes_the_composed_way():
    with training_session(precision="bfloat16"):
        rounded = _small().fit(X).history_[-1]["loss"]
    exact = _small().fit(X).history_[-1]["loss"]
    assert rounded == pytest.approx(exact, rel=0.1)
    assert rounded != exact


def test_the_second_layer_learns_the_alpha_k_sparse_codes_of_the_first(monkeypatch):
    seen = []

    def spy(objective, data, plan, *, phase, seed):
        seen.append((phase, data.clone()))
        return train(objective, data, plan, phase=phase, seed=seed)

    monkeypatch.setattr("clustrace.train.layerwise.train", spy)
    deep = _small((20, 15)).fit(X)
    first = deep.network_.layers()[0]
    assert [phase for phase, _ in seen] == ["layer-1", "layer-2"]
    assert torch.equal(seen[1][1], first(torch.from_numpy(X)).detach())
    assert (seen[1][1] != 0).sum(dim=1).tolist() == [6] * 70
    assert deep.transform(X).shape == (70, 15)
    assert [row["phase"] for row in deep.history_] == [1] * 8 + [2] * 8


@pytest.mark.parametrize("iterations", [3, 44, 70])
def test_stopped_and_resumed_gives_the_same_bits(tmp_path, iterations):
    undisturbed = _small((20, 15)).fit(X)
    calls = itertools.count()
    asked = FolderCheckpoints(tmp_path, "id", stopping=lambda: next(calls) >= iterations)
    with training_session(checkpoints=asked), pytest.raises(StoppedError):
        _small((20, 15)).fit(X)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id")):
        resumed = _small((20, 15)).fit(X)
    assert resumed.transform(X).tobytes() == undisturbed.transform(X).tobytes()
    assert json.dumps(resumed.history_) == json.dumps(undisturbed.history_)


def test_centring_trains_as_on_centred_samples():
    """Taking the mean away inside gives the weights that centred samples give."""
    shifted, centred = (X + 5).astype(np.float32), X - X.mean(axis=0)
    inside = _small().fit(shifted)
    outside = _small(centred=False).fit(centred)
    weights = [e.network_.encoder[0].linear.weight.detach() for e in (inside, outside)]
    torch.testing.assert_close(*weights, rtol=1e-3, atol=1e-5)
    back = inside.inverse_transform(inside.transform(shifted))
    expected = outside.inverse_transform(outside.transform(centred)) + shifted.mean(axis=0)
    np.testing.assert_allclose(back, expected, rtol=1e-3, atol=1e-3)


def test_without_centring_a_common_mean_takes_most_units():
    shifted = (X + 5).astype(np.float32)
    settings = {"k": 5, "encoding_factor": 1, "initial_k": 5, "learning_rate": 0.001}
    dead = [
        _small((100,), centred=centred, **settings).fit(shifted).history_[-1]["dead_units"]
        for centred in (True, False)
    ]
    assert dead[0] < dead[1] - 20


def test_sparse_samples_train_as_dense_ones():
    rows = np.maximum(X, 0)
    dense, sparse = _small().fit(rows), _small().fit(csr_matrix(rows))
    np.testing.assert_allclose(sparse.transform(rows), dense.transform(rows), rtol=1e-3, atol=1e-5)


def test_weights_can_be_loaded():
    fitted = _small((20, 15)).fit(X)
    weights = {k: v.numpy() for k, v in fitted.network_.state_dict().items()}
    loaded = _small((20, 15)).load_weights(weights, 12)
    assert np.array_equal(loaded.transform(X), fitted.transform(X))


def test_another_encoding_factor_leaves_the_learner_as_it_is():
    learner = _small().fit(X)
    before = learner.transform(X)
    other = learner.with_encoding_factor(4)
    assert (other.transform(X) != 0).sum(axis=1).tolist() == [12] * 70
    assert np.array_equal(learner.transform(X), before)
    # In training too, as fine-tuning keeps the αk largest.
    codes = other.network_.train().encode(torch.from_numpy(X))
    assert (codes != 0).sum(dim=1).tolist() == [12] * 70


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"k": 21}, "keeps 42 units, and a layer has 20; lower k"),
        ({"k": 21, "encoding_factor": 1}, "keeps 21 units, and a layer has 20"),
        ({"k": 8, "encoding_factor": 3}, "k = 8 with the encoding factor 3 keeps 24 units"),
        ({"k": 0}, "at least 1"),
        ({"encoding_factor": 0}, "at least 1"),
        ({"units": (20, 5)}, "keeps 6 units, and a layer has 5"),
    ],
)
def test_more_units_than_there_are_cannot_be_kept(more, message):
    with pytest.raises(NotApplicableError, match=message):
        _small(**more).fit(X)
