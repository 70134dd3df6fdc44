"""Audits prepare data with code of their own: it must agree with what the pipeline makes."""

import numpy as np
import pytest
from tests.corpora import archive, messages, rcv1_files, texts_set, topics_set

from clustrace.audit.arrays import Arrays
from clustrace.audit.checks.leaks import _of_width
from clustrace.audit.checks.prepared import _features_compared
from clustrace.audit.content import fingerprint, samples
from clustrace.audit.derived import expected_of
from clustrace.config.datasets import DataSet
from clustrace.data.bodies import Samples
from clustrace.data.features import feature_arrays, feature_facts
from clustrace.data.parsers import parse
from clustrace.data.prepare import prepare

OK = {"status": "ok"}


@pytest.fixture
def documents(tmp_path):
    (tmp_path / "a").write_bytes(archive(messages()))
    return parse("20news-bydate", {"archive": tmp_path / "a"})


@pytest.fixture
def weights(tmp_path):
    paths = {}
    for role, content in rcv1_files().items():
        paths[role] = tmp_path / role
        paths[role].write_bytes(content)
    return parse("rcv1", paths)


def found(features, **about):
    return Arrays(OK, {**feature_facts(features), **about}, feature_arrays(features))


def agree(body, entry, width=0, drawn=None):
    """What the pipeline made and the audit expects, if labels and rows are the same."""
    made = prepare(body, None, entry, max_samples=drawn)
    expected = expected_of(body.arrays(), entry, width, drawn)
    np.testing.assert_array_equal(expected.labels, made.labels)
    np.testing.assert_array_equal(expected.index, made.index)
    return made.features, expected


@pytest.mark.parametrize("drawn", [None, 6])
@pytest.mark.parametrize("more", [{}, {"sublinear_tf": True, "stop_words": "the w11 of"}])
def test_words(documents, drawn, more):
    entry = texts_set(len(documents))
    arguments = {**entry.transforms[0].arguments, **more}
    step = entry.transforms[0].model_copy(update={"arguments": arguments})
    entry = entry.model_copy(update={"transforms": [step]})
    features, expected = agree(documents, entry, drawn=drawn)
    assert _features_compared("f", found(features), expected).status == "passed"
    changed = features.copy()
    changed.data[3] *= np.float32(1.001)
    assert _features_compared("f", found(changed), expected).status == "failed"
    assert _features_compared("f", found(features[::-1]), expected).status == "failed"
    assert _features_compared("f", found(features.toarray()), expected).status == "failed"


@pytest.mark.parametrize("drawn", [None, 9])
def test_topics_and_terms(weights, drawn):
    features, expected = agree(weights, topics_set(3), width=12, drawn=drawn)
    assert _features_compared("f", found(features), expected).status == "passed"
    other = weights.x[expected.index][:, :5]
    assert _features_compared("f", found(other), expected).status == "failed"


def test_other_transforms_are_not_repeated(documents):
    step = texts_set(3).transforms[0].model_dump() | {"estimator": "sklearn.feature_extraction:A"}
    entry = texts_set(len(documents), transforms=[step])
    expected = expected_of(documents.arrays(), entry, 0, None)
    assert _features_compared("f", Arrays(OK, {}, {}), expected).status == "skipped"
    np.testing.assert_array_equal(expected.labels, documents.y)


def test_scaled_samples():
    body = Samples(np.arange(12, dtype=np.uint8).reshape(6, 2), np.arange(6) % 2)
    entry = DataSet(title="S", raw="s", samples=6, classes=2)
    features, expected = agree(body, entry)
    assert _features_compared("f", found(features), expected).status == "passed"
    assert _features_compared("f", found(features * 2), expected).status == "failed"


def test_fingerprints_are_those_of_the_pipeline(documents, weights):
    for body in (documents, weights):
        with_parts = {**body.arrays(), "split": np.zeros(len(body), np.int8)}
        assert fingerprint(with_parts) == body.fingerprint()
        assert samples(with_parts) == len(body)
        changed = {n: a[:-1] if n.endswith("names") else a for n, a in with_parts.items()}
        assert (fingerprint(changed) != body.fingerprint()) == ("topics.names" in changed)


def test_features_hold_features_and_nothing_else(documents):
    features = prepare(documents, None, texts_set(len(documents)), max_samples=None).features
    honest = found(features)
    assert _of_width("f", honest, 9, fewer=False).status == "passed"
    assert _of_width("f", honest, 10, fewer=True).status == "passed"
    assert _of_width("f", honest, 10, fewer=False).status == "failed"
    assert _of_width("f", honest, 8, fewer=True).status == "failed"
    hint = Arrays(OK, honest.about, {**honest.arrays, "hint": np.zeros(3)})
    assert _of_width("f", hint, 9, fewer=False).status == "failed"
    longer = {**honest.arrays, "features.data": np.append(honest.arrays["features.data"], 1)}
    assert _of_width("f", Arrays(OK, honest.about, longer), 9, fewer=False).status == "failed"
    assert _of_width("f", Arrays(OK, {}, honest.arrays), 9, fewer=False).status == "failed"
    rows = Arrays(OK, {"shape": [3, 9]}, honest.arrays)
    assert _of_width("f", rows, 9, fewer=False).status == "failed"
