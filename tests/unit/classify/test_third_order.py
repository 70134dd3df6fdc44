import numpy as np
import pytest
import torch

from clustrace.classify.hybrid import HybridObjective
from clustrace.classify.rbm import RBM
from clustrace.classify.third_order import ThirdOrderRBM
from clustrace.errors import NotApplicableError
from clustrace.nets.third_order import ThirdOrderBoltzmannMachine
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.session import training_session

RANDOM = np.random.default_rng(0)
PATTERNS = np.array([[1, 1, 0, 0, 1, 0], [0, 1, 1, 0, 0, 1], [1, 0, 0, 1, 1, 1]])
LABELS = RANDOM.integers(0, 3, 150)
X = np.abs(PATTERNS[LABELS] - (RANDOM.random((150, 6)) < 0.05)).astype(np.float32)
#: Labels as a data set has them: not from 0 on.
Y = np.array([2, 5, 9])[LABELS]


def _small(features=None, **more):
    settings = {
        "hidden_units": 4,
        "epochs": 10,
        "batch_size": 10,
        "learning_rate": 0.1,
        "random_state": 1,
    }
    return ThirdOrderRBM(features, **{**settings, **more})


def _bytes(classifier):
    return [p.detach().numpy().tobytes() for p in classifier.network_.parameters()]


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_learns_labels_on_samples_and_on_features(weight):
    assert (_small(generative_weight=weight).fit(X, Y).predict(X) == Y).mean() > 0.9
    features = RBM(8, epochs=30, batch_size=10, random_state=0).fit(X)
    on_features = _small(features, epochs=30, generative_weight=weight).fit(X, Y)
    assert (on_features.predict(X) == Y).mean() > 0.9
    np.testing.assert_allclose(on_features.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert on_features.classes_.tolist() == [2, 5, 9]


def test_layers_below_stay_as_they_are():
    features = RBM(8, epochs=2, batch_size=10, random_state=0).fit(X)
    before = features.network_.hidden.weight.detach().clone()
    fitted = _small(features, epochs=2).fit(X, Y)
    assert torch.equal(features.network_.hidden.weight, before)
    assert torch.equal(fitted.network_.encoder[0][0].weight, before)


def test_gradient_is_the_discriminative_one_and_that_of_free_energies():
    machine = ThirdOrderBoltzmannMachine(6, 4, 3, seed=1)
    labels, batch = torch.from_numpy(LABELS), torch.from_numpy(X[:20])
    objective = HybridObjective(machine, labels, None, per_epoch=1, generative_weight=0.3)
    generator = torch.Generator().manual_seed(2)
    loss = objective.losses(batch, torch.arange(20), generator)["loss"]
    visible, classes = objective._reconstructed(
        batch, labels[:20], torch.Generator().manual_seed(2)
    )
    probabilities = machine(batch).softmax(dim=1)[torch.arange(20), labels[:20]]
    data = -machine(batch)[torch.arange(20), labels[:20]]
    model = -machine(visible)[torch.arange(20), classes]
    expected = -probabilities.log().mean() + 0.3 * (data - model).mean()
    parameters = list(machine.parameters())
    for ours, theirs in zip(
        torch.autograd.grad(loss, parameters),
        torch.autograd.grad(expected, parameters),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


def test_reconstructed_classes_are_drawn_with_their_probabilities():
    machine = ThirdOrderBoltzmannMachine(6, 4, 3, seed=1)
    with torch.no_grad():
        machine.hidden_bias.fill_(50.0)
        machine.class_bias.copy_(torch.tensor([0.0, 1.0, 2.0]))
    labels = torch.zeros(40_000, dtype=torch.int64)
    objective = HybridObjective(machine, labels, None, per_epoch=1, generative_weight=1.0)
    batch = torch.from_numpy(X[:1]).repeat(40_000, 1)
    _, classes = objective._reconstructed(batch, labels, torch.Generator().manual_seed(0))
    expected = machine.classes_given(torch.ones(1, 4)).exp()[0].detach()
    found = torch.bincount(classes, minlength=3) / 40_000
    torch.testing.assert_close(found, expected, atol=0.01, rtol=0)


def test_history_tells_reconstruction_and_validation():
    fitted = _small().fit(X[:100], Y[:100], (X[100:], Y[100:]))
    first, last = fitted.history_[0], fitted.history_[-1]
    assert 0 < last["reconstruction_error"] < 6
    wrong = 100 * np.mean(fitted.predict(X[100:]) != Y[100:])
    assert last["validation_error"] == pytest.approx(wrong)
    assert last["error"] < first["error"]


def test_learning_rate_is_chosen_by_validation():
    chosen = _small(learning_rate=[1e-6, 0.1]).fit(X, Y).choices_
    assert chosen["learning_rate"] == 0.1
    assert [row["learning_rate"] for row in chosen["validation_errors"]] == [1e-6, 0.1]


def test_weights_can_be_loaded():
    features = RBM(8, epochs=2, batch_size=10, random_state=0).fit(X)
    fitted = _small(features).fit(X, Y)
    weights = {k: v.numpy() for k, v in fitted.network_.state_dict().items()}
    loaded = _small(features).load_weights(weights, 6)
    assert np.array_equal(loaded.predict_proba(X), fitted.predict_proba(X))


def test_same_seed_same_bits_and_another_seed_others():
    assert _bytes(_small().fit(X, Y)) == _bytes(_small().fit(X, Y))
    assert _bytes(_small().fit(X, Y)) != _bytes(_small(random_state=2).fit(X, Y))


def test_killed_and_resumed_gives_the_same_bits(tmp_path, monkeypatch):
    few = {"epochs": 3, "batch_size": 50}
    expected = _small(**few).fit(X, Y)
    losses, calls = HybridObjective.losses, []

    def killing(self, *arguments):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return losses(self, *arguments)

    monkeypatch.setattr(HybridObjective, "losses", killing)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)):
        with pytest.raises(KeyboardInterrupt):
            _small(**few).fit(X, Y)
        resumed = _small(**few).fit(X, Y)
    assert len(calls) == 10, "the resumed training must not start anew"
    assert _bytes(resumed) == _bytes(expected)
    assert resumed.history_ == expected.history_


def test_features_that_are_no_probabilities_are_refused():
    with pytest.raises(NotApplicableError, match="from 0 to 1"):
        _small().fit(X - 0.25, Y)


def test_one_class_is_refused():
    with pytest.raises(NotApplicableError, match="one class alone"):
        _small().fit(X, np.ones(150, int))
