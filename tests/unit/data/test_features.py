"""Tests of clustrace.data.features."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix, issparse

from clustrace.data.artefact import read_artefact, write_artefact
from clustrace.data.features import feature_arrays, feature_facts, features_of
from clustrace.errors import StorageError

DENSE = np.float32([[0, 2, 0], [0, 0, 0], [1, 0, 3], [0, 4, 0]])


def stored(features, path):
    write_artefact(path, feature_arrays(features), about=feature_facts(features))
    return read_artefact(path)


def test_dense_features_are_one_array(tmp_path):
    artefact = stored(DENSE, tmp_path / "a.safetensors")
    assert (set(artefact.arrays), artefact.about) == ({"features"}, {})
    np.testing.assert_array_equal(features_of(artefact), DENSE)


def test_sparse_features_are_three_arrays_and_a_shape(tmp_path):
    artefact = stored(csr_matrix(DENSE), tmp_path / "a.safetensors")
    types = {name: str(array.dtype) for name, array in artefact.arrays.items()}
    assert types == {
        "features.data": "float32",
        "features.indices": "int32",
        "features.indptr": "int64",
    }
    assert artefact.about == {"shape": [4, 3]}
    back = features_of(artefact)
    assert issparse(back)
    assert (back.format, back.dtype, back.shape) == ("csr", np.float32, (4, 3))
    np.testing.assert_array_equal(back.toarray(), DENSE)


def test_empty_last_columns_and_rows_are_kept(tmp_path):
    empty = csr_matrix((5, 7), dtype=np.float32)
    assert features_of(stored(empty, tmp_path / "a.safetensors")).shape == (5, 7)


def test_equal_content_gives_equal_bytes_however_it_was_built(tmp_path):
    unsorted = csr_matrix(
        (np.float32([2, 3, 1, 4]), np.array([1, 2, 0, 1]), np.array([0, 1, 1, 3, 4])), (4, 3)
    )
    stored(unsorted, tmp_path / "a.safetensors")
    stored(csr_matrix(DENSE), tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize("missing", ["features.data", "features.indices", "shape"])
def test_artefact_without_features(tmp_path, missing):
    arrays, about = feature_arrays(csr_matrix(DENSE)), {"shape": [4, 3]}
    arrays.pop(missing, None)
    about.pop(missing, None)
    write_artefact(tmp_path / "a.safetensors", arrays, about=about)
    with pytest.raises(StorageError, match="holds no features"):
        features_of(read_artefact(tmp_path / "a.safetensors"))
