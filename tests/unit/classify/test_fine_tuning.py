import itertools

import numpy as np
import pytest
import torch

from clustrace.classify.cross_entropy import ClassificationObjective
from clustrace.classify.dropout import DropoutAutoencoder
from clustrace.classify.fine_tuning import FineTunedClassifier
from clustrace.classify.k_sparse import KSparseAutoencoder
from clustrace.classify.layerwise_fine_tuning import LayerwiseFineTunedClassifier
from clustrace.errors import DivergedError, NotApplicableError, StoppedError
from clustrace.train.checkpoints import FolderCheckpoints
from clustrace.train.engine import train
from clustrace.train.optimizers import at
from clustrace.train.session import training_session

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 90)
X = (RNG.normal(size=(90, 10)) + 3 * np.eye(3, 10)[Y]).astype(np.float32)
OTHERS = (X[60:], Y[60:])
FAST = {"epochs": 8, "batch_size": 10, "learning_rate": 0.1, "random_state": 2}


@pytest.fixture(scope="module")
def deep():
    learner = KSparseAutoencoder((16, 12), 2, encoding_factor=2, epochs=4, batch_size=16)
    return learner.set_params(random_state=0).fit(X)


def _state(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def test_loss_is_the_cross_entropy_and_its_gradient_the_excess_of_probability():
    module = torch.nn.Linear(10, 3)
    objective = ClassificationObjective(module, torch.from_numpy(Y), None, per_epoch=9)
    index = torch.arange(20, 40)
    losses = objective.losses(torch.from_numpy(X[20:40]), index, torch.Generator())
    losses["loss"].backward()
    logits = module(torch.from_numpy(X[20:40])).detach().double().numpy()
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = -np.log(probability[np.arange(20), Y[20:40]]).mean()
    assert losses["loss"].item() == pytest.approx(expected, rel=1e-5)
    assert losses["error"].item() == 100 * np.mean(logits.argmax(axis=1) != Y[20:40])
    excess = (probability - np.eye(3)[Y[20:40]]) / 20
    np.testing.assert_allclose(module.weight.grad.numpy(), excess.T @ X[20:40], atol=1e-5)


def test_without_pretraining_it_is_a_network_of_rectified_units():
    classifier = FineTunedClassifier(hidden_units=(16,), **{**FAST, "epochs": 40})
    classifier.fit(X[:60], Y[:60], OTHERS)
    assert classifier.score(*OTHERS) > 0.9
    network = classifier.network_
    linear, output = network.encoder[0].linear, network.output
    logits = output(torch.relu(linear(torch.from_numpy(X)))).detach()
    np.testing.assert_allclose(
        classifier.predict_proba(X), logits.double().softmax(dim=1).numpy(), atol=1e-6
    )
    errors = [row["validation_error"] for row in classifier.history_]
    assert len(errors) == 40
    assert errors[-1] == pytest.approx(100 * (1 - classifier.score(*OTHERS)))


def test_learning_rate_falls_linearly_and_momentum_stays():
    plan = FineTunedClassifier(epochs=10, batch_size=10)._plan(10, 1.0, 100)
    rates = [at(plan.optimizer.learning_rate, i) for i in (0, 50, 100)]
    assert rates == pytest.approx([1.0, 0.5005, 0.001])
    assert at(plan.optimizer.momentum, 99) == 0.25


def test_training_begins_with_the_weights_of_the_learner_and_leaves_them_to_it(deep):
    before = _state(deep.network_)
    untrained = FineTunedClassifier(deep, **{**FAST, "epochs": 0}).fit(X, Y)
    for name, tensor in before.items():
        assert name.startswith("decoder") or torch.equal(
            tensor, untrained.network_.state_dict()[name]
        )
    FineTunedClassifier(deep, **FAST).fit(X, Y)
    assert all(torch.equal(tensor, before[name]) for name, tensor in _state(deep.network_).items())


def test_k_sparse_layers_keep_alpha_k_units_in_training_too(deep):
    network = FineTunedClassifier(deep, encoding_factor=3, **FAST).fit(X, Y).network_.train()
    codes = network.encoder(torch.from_numpy(X))
    assert (codes != 0).sum(dim=1).max().item() <= 6
    assert network.encoding_factor.item() == 3


def test_noise_is_kept_in_training_and_not_at_prediction():
    learner = DropoutAutoencoder((16,), hidden_dropout=0.5, epochs=2, random_state=0).fit(X)
    classifier = FineTunedClassifier(learner, **FAST).fit(X, Y)
    x = torch.from_numpy(X)
    assert not torch.equal(classifier.network_.train()(x), classifier.network_(x))
    classifier.network_.eval()
    assert torch.equal(classifier.network_(x), classifier.network_(x))


def test_of_several_candidates_the_lowest_validation_error_decides(deep):
    classifier = FineTunedClassifier(
        deep, encoding_factor=[1, 3], **{**FAST, "learning_rate": [0.1, 0.5]}
    ).fit(X[:60], Y[:60], OTHERS)
    told = classifier.choices_["validation_errors"]
    pairs = [(row["encoding_factor"], row["learning_rate"]) for row in told]
    assert pairs == [(1, 0.1), (1, 0.5), (3, 0.1), (3, 0.5)]
    best = min(told, key=lambda row: row["error"])
    assert classifier.choices_["encoding_factor"] == best["encoding_factor"]
    assert classifier.choices_["learning_rate"] == best["learning_rate"]
    assert best["error"] == pytest.approx(100 * (1 - classifier.score(*OTHERS)))
    assert {row["candidate"] for row in classifier.history_} == {0, 1, 2, 3}


def test_without_validation_samples_some_are_held_out_to_choose_by():
    classifier = FineTunedClassifier(**{**FAST, "learning_rate": [0.01, 0.1]}).fit(X, Y)
    assert len(classifier.choices_["validation_errors"]) == 2
    alone = FineTunedClassifier(**FAST).fit(X, Y)
    assert alone.choices_ == {"learning_rate": 0.1}
    assert "validation_error" not in alone.history_[-1]


def test_a_candidate_that_diverges_is_not_taken():
    rates = {**FAST, "learning_rate": [1e30, 0.1]}
    classifier = FineTunedClassifier(**rates).fit(X[:60], Y[:60], OTHERS)
    assert classifier.choices_["learning_rate"] == 0.1
    assert classifier.choices_["validation_errors"][0]["error"] == 100
    with pytest.raises(DivergedError, match="learning rate"):
        FineTunedClassifier(**{**FAST, "learning_rate": [1e30, 1e31]}).fit(X, Y)


def test_layers_are_unfixed_from_the_top_down(deep, monkeypatch):
    seen = []

    def spy(objective, data, plan, *, phase, seed):
        before = _state(objective.module)
        history = train(objective, data, plan, phase=phase, seed=seed)
        after = _state(objective.module)
        moved = sorted(name for name in before if not torch.equal(before[name], after[name]))
        seen.append((phase, tuple(data.shape), plan.iterations, len(moved)))
        return history

    monkeypatch.setattr("clustrace.classify.fine_tuning.train", spy)
    classifier = LayerwiseFineTunedClassifier(deep, softmax_epochs=2, upper_epochs=3, **FAST)
    classifier.fit(X, Y, OTHERS)
    assert seen == [
        ("candidate-0-stage-1", (90, 12), 18, 2),
        ("candidate-0-stage-2", (90, 16), 27, 4),
        ("candidate-0-stage-3", (90, 10), 72, 6),
    ]
    assert [row["stage"] for row in classifier.history_] == [1] * 2 + [2] * 3 + [3] * 8


@pytest.mark.parametrize("iterations", [5, 30, 60])
def test_stopped_and_resumed_gives_the_same_bits(tmp_path, deep, iterations):
    def made():
        return LayerwiseFineTunedClassifier(deep, softmax_epochs=2, upper_epochs=3, **FAST)

    undisturbed = made().fit(X, Y, OTHERS)
    calls = itertools.count()
    asked = FolderCheckpoints(tmp_path, "id", stopping=lambda: next(calls) >= iterations)
    with training_session(checkpoints=asked), pytest.raises(StoppedError):
        made().fit(X, Y, OTHERS)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id")):
        resumed = made().fit(X, Y, OTHERS)
    assert resumed.predict_proba(X).tobytes() == undisturbed.predict_proba(X).tobytes()
    assert resumed.history_ == undisturbed.history_


@pytest.mark.parametrize("pretrained", [True, False])
def test_weights_can_be_loaded(deep, pretrained):
    features, factor = (deep, [2, 3]) if pretrained else (None, None)
    fitted = FineTunedClassifier(features, encoding_factor=factor, **FAST).fit(X, Y, OTHERS)
    weights = {name: tensor.numpy() for name, tensor in fitted.network_.state_dict().items()}
    loaded = FineTunedClassifier(features, encoding_factor=factor).load_weights(weights, 10)
    assert np.array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    assert loaded.classes_.tolist() == [0, 1, 2]


def test_labels_of_one_class_are_refused():
    with pytest.raises(NotApplicableError, match="one class alone"):
        FineTunedClassifier(**FAST).fit(X, np.zeros(90, int))


def test_an_encoding_factor_needs_sparse_layers():
    with pytest.raises(NotApplicableError, match="knows no encoding_factor"):
        FineTunedClassifier(encoding_factor=2, **FAST).fit(X, Y)
