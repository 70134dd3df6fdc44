import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clustrace.nets.selection import LargestUnits, keep_largest, largest

X = torch.randn(20, 9, generator=torch.Generator().manual_seed(0))


def _by_hand(x, k):
    kept = np.zeros_like(x)
    for row, out in zip(x, kept, strict=True):
        for index in sorted(range(len(row)), key=lambda i: (-row[i], i))[:k]:
            out[index] = row[index]
    return kept


@pytest.mark.parametrize("k", [1, 4, 8, 9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_largest_are_kept_and_all_others_zero(k, dtype):
    codes = keep_largest(X.to(dtype), k)
    assert codes.dtype == dtype
    np.testing.assert_array_equal(codes.numpy(), _by_hand(X.to(dtype).numpy(), k))


@given(
    arrays(np.float32, (3, 6), elements=st.sampled_from([-2.0, -1.0, 0.0, 1.0])),
    st.integers(1, 6),
)
def test_of_equal_entries_the_first_are_kept(x, k):
    chosen = largest(torch.from_numpy(x), k)
    assert chosen.sum(dim=1).tolist() == [k] * 3
    np.testing.assert_array_equal((torch.from_numpy(x) * chosen).numpy(), _by_hand(x, k))


def test_negative_entries_are_kept_with_their_sign():
    codes = keep_largest(torch.tensor([[-3.0, -1.0, -2.0, -9.0]]), 2)
    assert codes.tolist() == [[0.0, -1.0, -2.0, 0.0]]


def test_the_gradient_passes_through_what_is_kept():
    x = X.clone().requires_grad_()
    keep_largest(x, 4).sum().backward()
    assert torch.equal(x.grad, largest(X, 4).float())


def test_what_is_not_finite_stays_so():
    x = X.clone()
    x[0, 3] = torch.nan
    assert torch.isnan(keep_largest(x, 2)[0, 3])


def test_other_numbers_are_kept_in_training_than_at_evaluation():
    module = LargestUnits(kept=2, encoded=5)
    assert (module.train()(X) != 0).sum(dim=1).tolist() == [2] * 20
    assert (module.eval()(X) != 0).sum(dim=1).tolist() == [5] * 20
