import json
import time
from functools import partial
from itertools import chain

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from torch import nn

from clustrace.errors import CheckpointError, DivergedError, StoppedError, StorageError
from clustrace.train.checkpoints import Checkpoint, FolderCheckpoints, read_checkpoint
from clustrace.train.engine import TrainingPlan, iterations_of, train
from clustrace.train.optimizers import OptimizerSettings, linear_ramp, step_decay
from clustrace.train.session import training_session


class _Noisy:
    """Linear regression on itself with noise and a state of its own."""

    def __init__(self, rate=None):
        self.module = nn.Linear(4, 4)
        with torch.no_grad():
            self.module.weight.copy_(torch.eye(4) * 0.5)
            self.module.bias.zero_()
        self.state = {"drift": torch.zeros(1)}
        self.seen = []
        self.kill_at = None
        self.stop_at = None

    def before_iteration(self, iteration):
        if iteration == self.kill_at:
            raise KeyboardInterrupt
        if iteration == self.stop_at:
            return {"stop": True, "label_change": 0.0}
        if iteration % 5 == 0:
            self.state["drift"] = self.state["drift"] + self.module.weight.detach().sum()
            return {"label_change": float(self.state["drift"])}
        return None

    def losses(self, batch, index, generator):
        self.seen.append(index.tolist())
        noise = torch.randn(batch.shape, generator=generator)
        target = batch + 0.1 * noise + 1e-3 * self.state["drift"]
        loss = (self.module(batch) - target).square().mean()
        return {"loss": loss, "extra": 2 * loss}


DATA = torch.randn(23, 4, generator=torch.Generator().manual_seed(0))
ADAM = OptimizerSettings("adam", 0.01)
SGD = OptimizerSettings("sgd", step_decay(0.1, 0.5, 7), linear_ramp(0.9, 5))


def _plan(optimizer=ADAM, iterations=17, shuffle=True):
    return TrainingPlan(iterations, 10, optimizer, shuffle=shuffle)


def _bytes(objective, history):
    tensors = [t.numpy().tobytes() for t in objective.module.state_dict().values()]
    # Text, as the order of the columns is that of the first rows.
    return tensors, objective.state["drift"].numpy().tobytes(), json.dumps(history.rows)


@pytest.mark.parametrize("optimizer", [ADAM, SGD], ids=["adam", "sgd"])
@pytest.mark.parametrize("kills", [[0], [1], [9], [16], [3, 4, 12], [2, 2, 2]])
def test_killed_and_resumed_equals_undisturbed_bit_for_bit(tmp_path, optimizer, kills):
    undisturbed = _Noisy()
    expected = _bytes(undisturbed, train(undisturbed, DATA, _plan(optimizer), phase="a", seed=5))
    for kill in kills:
        objective = _Noisy()
        objective.kill_at = kill
        with (
            training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)),
            pytest.raises(KeyboardInterrupt),
        ):
            train(objective, DATA, _plan(optimizer), phase="a", seed=5)
    objective = _Noisy()
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id", seconds=0)):
        history = train(objective, DATA, _plan(optimizer), phase="a", seed=5)
    assert _bytes(objective, history) == expected
    assert len(objective.seen) == 17 - max(kills), "the resumed run must not start anew"


class _Following(_Noisy):
    """With a part that follows the network after each step."""

    def __init__(self):
        super().__init__()
        self.state["trace"] = torch.zeros(4)
        self.kill_after = None

    def after_step(self, batch, index):
        assert not torch.is_grad_enabled()
        if len(self.seen) == self.kill_after:
            raise KeyboardInterrupt
        self.state["trace"] = 0.5 * self.state["trace"] + self.module(batch).sum(dim=0)


@pytest.mark.parametrize("kill", [1, 9, 17])
def test_what_follows_the_network_is_in_the_checkpoint(tmp_path, kill):
    undisturbed = _Following()
    expected = _bytes(undisturbed, train(undisturbed, DATA, _plan(), phase="a", seed=5))
    killed, resumed = _Following(), _Following()
    killed.kill_after = kill
    store = FolderCheckpoints(tmp_path, "id", seconds=0)
    with training_session(checkpoints=store), pytest.raises(KeyboardInterrupt):
        train(killed, DATA, _plan(), phase="a", seed=5)
    with training_session(checkpoints=store):
        history = train(resumed, DATA, _plan(), phase="a", seed=5)
    assert _bytes(resumed, history) == expected
    assert torch.equal(resumed.state["trace"], undisturbed.state["trace"])
    assert resumed.state["trace"].abs().sum() > 0


def test_a_training_asked_to_end_goes_on_from_where_it_was(tmp_path):
    undisturbed = _Noisy()
    expected = _bytes(undisturbed, train(undisturbed, DATA, _plan(), phase="a", seed=5))
    first, second = _Noisy(), _Noisy()
    asked = FolderCheckpoints(tmp_path, "id", seconds=3600, stopping=lambda: len(first.seen) >= 6)
    with training_session(checkpoints=asked), pytest.raises(StoppedError, match="goes on from"):
        train(first, DATA, _plan(), phase="a", seed=5)
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "id")):
        history = train(second, DATA, _plan(), phase="a", seed=5)
    assert (len(first.seen), len(second.seen)) == (6, 11)
    assert _bytes(second, history) == expected


def test_a_finished_phase_is_not_repeated(tmp_path):
    results = []
    for _ in range(2):
        objective = _Noisy()
        with training_session(checkpoints=FolderCheckpoints(tmp_path, "id")):
            results.append(_bytes(objective, train(objective, DATA, _plan(), phase="a", seed=5)))
    assert results[0] == results[1]
    assert objective.seen == []


def test_work_of_earlier_attempts_is_counted_once(tmp_path):
    """Phase a is done in the first attempt, phase b begun in the second, ended in the third."""
    attempts = []
    for begun in ("a", "ab", "ab"):
        store = FolderCheckpoints(tmp_path, "id")
        began = time.monotonic()
        with training_session(checkpoints=store):
            for phase in begun:
                train(_Noisy(), DATA, _plan(), phase=phase, seed=5)
                time.sleep(0.05)
        attempts.append((store.resumed_seconds, time.monotonic() - began))
    (none, first), (second_resumed, second), (third_resumed, _) = attempts
    assert none == 0
    assert 0 < second_resumed < first
    assert second_resumed < third_resumed < first + second


def test_checkpoint_of_another_run_is_refused(tmp_path):
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "one")):
        train(_Noisy(), DATA, _plan(), phase="a", seed=5)
    with pytest.raises(CheckpointError, match="other code, parameters or inputs"):
        read_checkpoint(tmp_path / "a.safetensors", "two")
    notices, objective = [], _Noisy()
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "two", notice=notices.append)):
        train(objective, DATA, _plan(), phase="a", seed=5)
    assert len(objective.seen) == 17
    assert "refused" in notices[0] and "from the beginning" in notices[0]


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(*_, **__):
        raise SafetensorError("No space left on device")

    monkeypatch.setattr("clustrace.train.checkpoints.save_file", full)
    with pytest.raises(StorageError, match=r"could not be written \(No space left .*make room"):
        FolderCheckpoints(tmp_path, "id").save("a", Checkpoint({}, {"step": 1}))
    assert not list(tmp_path.iterdir())


def test_truncated_checkpoint_is_refused(tmp_path):
    with training_session(checkpoints=FolderCheckpoints(tmp_path, "one")):
        train(_Noisy(), DATA, _plan(), phase="a", seed=5)
    path = tmp_path / "a.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(CheckpointError, match="damaged"):
        read_checkpoint(path, "one")


def test_each_epoch_sees_every_sample_once_in_a_new_order():
    objective = _Noisy()
    train(objective, DATA, _plan(iterations=6), phase="a", seed=5)
    first, second = (list(chain(*objective.seen[i : i + 3])) for i in (0, 3))
    assert sorted(first) == sorted(second) == list(range(23))
    assert first != second != list(range(23))
    assert [len(rows) for rows in objective.seen[:3]] == [10, 10, 3]


def test_fixed_order_wraps_around():
    objective = _Noisy()
    train(objective, DATA, _plan(iterations=4, shuffle=False), phase="a", seed=5)
    assert objective.seen == [
        list(range(10)),
        list(range(10, 20)),
        [20, 21, 22],
        list(range(10)),
    ]


def test_objective_can_stop():
    objective = _Noisy()
    objective.stop_at = 10
    history = train(objective, DATA, _plan(iterations=1000), phase="a", seed=5)
    assert len(objective.seen) == 10
    assert history.rows[-1] == {"iteration": 10, "label_change": 0.0}


def test_history_holds_means_of_the_epoch():
    objective = _Noisy()
    losses = []
    original = objective.losses
    objective.losses = lambda *a: losses.append(original(*a)) or losses[-1]
    history = train(objective, DATA, _plan(iterations=3), phase="a", seed=5)
    row = history.rows[-1]
    assert row["loss"] == pytest.approx(np.mean([x["loss"].item() for x in losses]))
    assert row["extra"] == pytest.approx(2 * row["loss"])
    assert (row["iteration"], row["epoch"], row["learning_rate"]) == (3, 1.0, 0.01)


def test_diverging_loss_is_an_error_with_a_next_step():
    plan = _plan(OptimizerSettings("sgd", 1e9), iterations=200)
    with pytest.raises(DivergedError, match=r"no longer finite after .*learning rate"):
        train(_Noisy(), DATA, plan, phase="a", seed=5)


def test_schedules():
    assert [step_decay(1.0, 0.1, 10)(i) for i in (0, 9, 10, 20)] == pytest.approx([1, 1, 0.1, 0.01])
    assert [linear_ramp(0.9, 10)(i) for i in (0, 5, 10, 99)] == pytest.approx([0, 0.45, 0.9, 0.9])


def test_momentum_equals_kerass_rule():
    """v <- m v - lr g, theta <- theta + v."""
    objective = _Noisy()
    weight = objective.module.weight.detach().clone()
    velocity = torch.zeros_like(weight)
    gradients = []
    objective.module.weight.register_hook(lambda g: gradients.append(g.clone()))
    train(objective, DATA, _plan(OptimizerSettings("sgd", 0.05, 0.9), 5), phase="a", seed=5)
    for gradient in gradients:
        velocity = 0.9 * velocity - 0.05 * gradient
        weight = weight + velocity
    torch.testing.assert_close(objective.module.weight.detach(), weight)


def test_biases_can_have_their_own_rate():
    settings = OptimizerSettings("sgd", 0.1, bias_rate_factor=2.0)
    optimizer = settings.build(nn.Linear(2, 2))
    settings.schedule(optimizer, 0)
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.2]


def test_iterations_of_epochs_count_the_short_batch():
    assert iterations_of(3, 23, 10) == 9
    assert iterations_of(3, 5, 10) == 3


def _square(module, batch, index, generator):
    return {"loss": (module(batch) - batch).square().mean()}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")
def test_training_on_a_gpu_resumes_bit_for_bit(tmp_path):
    results = []
    for kill in (None, 9):
        objective = _Noisy()
        objective.module.cuda()
        objective.state = {k: v.cuda() for k, v in objective.state.items()}
        objective.losses = partial(_square, objective.module)
        objective.kill_at = kill
        store = FolderCheckpoints(tmp_path / str(kill), "id", seconds=0)
        with training_session(device="cuda", checkpoints=store):
            try:
                train(objective, DATA.cuda(), _plan(), phase="a", seed=5)
            except KeyboardInterrupt:
                objective.kill_at = None
                train(objective, DATA.cuda(), _plan(), phase="a", seed=5)
        results.append(objective.module.weight.detach().cpu())
    assert torch.equal(*results)
