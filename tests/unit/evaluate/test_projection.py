"""t-SNE: equal bytes, separated groups, and what it refuses."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from clustrace.errors import NotApplicableError
from clustrace.evaluate.projection import PERPLEXITY, tsne


@pytest.fixture(scope="module")
def groups():
    random = np.random.default_rng(1)
    centres = np.repeat([[0.0] * 5, [50.0] * 5], 40, axis=0)
    return (centres + random.normal(size=centres.shape)).astype(np.float32)


def test_equal_samples_give_equal_bytes_with_any_number_of_threads(groups):
    with threadpool_limits(1):
        first = tsne(groups)
    with threadpool_limits(2):
        assert tsne(groups).tobytes() == first.tobytes()
    assert first.shape == (80, 2)


def test_groups_stay_apart(groups):
    first, second = np.split(tsne(groups), 2)
    apart = np.linalg.norm(first.mean(0) - second.mean(0))
    assert apart > 2 * max(first.std(), second.std())


def test_one_dimension_is_enough(groups):
    assert np.isfinite(tsne(groups[:, :1])).all()


@pytest.mark.parametrize(
    ("embedding", "message"),
    [
        (np.eye(PERPLEXITY), "needs more than 30 samples, but there are 30"),
        (np.ones((40, 3)), "to one point"),
        (np.full((40, 3), np.nan), "not finite"),
    ],
)
def test_what_cannot_be_drawn_is_said(embedding, message):
    with pytest.raises(NotApplicableError, match=message):
        tsne(embedding)
