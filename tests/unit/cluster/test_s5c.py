import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_rand_score

from clustrace.cluster.s5c import S5C
from clustrace.errors import NotApplicableError

RNG = np.random.default_rng(0)
Y = np.repeat(np.arange(3), 40)
BASES = np.linalg.qr(RNG.normal(size=(12, 9)))[0].reshape(12, 3, 3)
#: Three subspaces of three dimensions.
X = np.stack([BASES[:, y] @ RNG.normal(size=3) for y in Y])
UNITS = X / np.linalg.norm(X, axis=1, keepdims=True)


def _lasso(atoms, x, weight):
    """Textbook version: coordinate descent on one sample, to the end."""
    c = np.zeros(len(atoms))
    for _ in range(200):
        for j, atom in enumerate(atoms):
            rest = atom @ (x - c @ atoms + c[j] * atom)
            c[j] = np.sign(rest) * max(abs(rest) - weight, 0) / (atom @ atom)
    return c


@pytest.mark.parametrize("weight", [0.05, 0.3])
def test_coefficients_are_the_textbooks_and_none_writes_itself(weight):
    fitted = S5C(3, l1_weight=weight, per_cluster=4, tolerance=1e-8, random_state=0).fit(X)
    chosen = fitted.selected_
    found = fitted.representation_.toarray()
    assert not np.diag(found).any()
    assert not np.delete(found, chosen, axis=1).any()
    for i in [*chosen[:3], 5, 50, 100]:
        others = chosen[chosen != i]
        expected = _lasso(UNITS[others], UNITS[i], weight)
        np.testing.assert_allclose(found[i, others], expected, atol=1e-5)


def test_those_join_whose_correlation_with_the_residual_is_largest():
    """The rounds once more, with the samples that the fit drew."""
    drawn = []

    class Noted(S5C):
        def _select(self, samples, count, order):
            drawn.extend(order)
            return super()._select(samples, count, order)

    fitted = Noted(3, l1_weight=0.1, per_cluster=3, tolerance=1e-8, random_state=1).fit(X)
    selected = []
    for i in drawn:
        atoms = UNITS[[j for j in selected if j != i]]
        residual = UNITS[i] - (_lasso(atoms, UNITS[i], 0.1) @ atoms if len(atoms) else 0)
        gain = np.maximum(np.abs(UNITS @ residual) - 0.1, 0)
        gain[[i, *selected]] = 0
        if gain.max() > 0:
            selected.append(int(gain.argmax()))
        if len(selected) == 9:
            break
    assert len(drawn) == 18
    np.testing.assert_array_equal(fitted.selected_, selected)


def test_finds_subspaces():
    fitted = S5C(3, random_state=0).fit(X)
    assert adjusted_rand_score(Y, fitted.labels_) == 1
    assert len(fitted.selected_) <= 60


def test_no_more_samples_are_selected_than_there_are():
    assert len(S5C(3, per_cluster=50, random_state=0).fit(X[::10]).selected_) <= 12


def test_a_large_weight_leaves_nothing_to_cluster():
    with pytest.raises(NotApplicableError, match=r"l1_weight=1 no sample .* smaller l1_weight"):
        S5C(3, l1_weight=1.0).fit(X)


def test_samples_that_nothing_explains_have_no_edge():
    alone = np.zeros((122, 14))
    alone[:120, :12], alone[120, 12], alone[121, 13] = X, 1, 1
    fitted = S5C(3, random_state=0).fit(alone)
    assert not fitted.embedding_[120:].any() and len(fitted.labels_) == 122


def test_zeros_duplicates_and_constant_features():
    digits = load_digits().data[:60] / 16
    padded = np.hstack([np.vstack([digits, digits[:9], 0 * digits[:1]]), np.zeros((70, 2))])
    fitted = S5C(4, random_state=0).fit(padded)
    assert np.isfinite(fitted.embedding_).all() and not fitted.embedding_[-1].any()


def test_bad_input_is_a_sentence():
    with pytest.raises(NotApplicableError, match="n_samples=2 is less than n_clusters=3"):
        S5C(3).fit(X[:2])
