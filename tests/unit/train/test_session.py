import pytest
import torch

from clustrace.errors import ConfigError
from clustrace.train.autoencoder import Autoencoder
from clustrace.train.session import current_session, training_session


def test_settings_hold_for_the_block_only():
    with training_session(precision="bfloat16"):
        assert current_session().precision == "bfloat16"
    assert current_session().precision == "float32"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_cuda_without_a_gpu_is_refused_at_once():
    with pytest.raises(ConfigError, match="sees no GPU"), training_session(device="cuda"):
        pass


def test_progress_is_reported(monkeypatch):
    monkeypatch.setattr("clustrace.train.engine._REPORT_SECONDS", -1.0)
    seen = []
    data = torch.rand(20, 3, generator=torch.Generator().manual_seed(0)).numpy()
    with training_session(report=seen.append):
        Autoencoder((4,), 2, epochs=3, batch_size=10, random_state=0).fit(data)
    assert [p.step for p in seen] == [1, 2, 3, 4, 5, 6]
    assert {(p.phase, p.steps, p.epochs) for p in seen} == {("pretrain", 6, 3)}
    assert all(p.loss > 0 for p in seen)
