"""Tests of the parser of RCV1-v2, and of classes out of topics."""

import gzip

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from tests.corpora import SECOND, TOPICS, document_topics, rcv1_files, registered, topics_set

from clustrace.data.artefact import read_artefact
from clustrace.data.bodies import TermWeights, body_of
from clustrace.data.expected import check_body
from clustrace.data.fetch import fetch_raw
from clustrace.data.from_sklearn import _rcv1
from clustrace.data.parsers import parse
from clustrace.data.prepare import prepare
from clustrace.data.verify import RawStatus, verify_raw
from clustrace.errors import DataError, NotApplicableError, UnreachableError


def written(folder, **changes):
    paths = {}
    for role, content in {**rcv1_files(), **changes}.items():
        paths[role] = folder / f"{role}.dat.gz"
        paths[role].write_bytes(content)
    return paths


@pytest.fixture
def parsed(tmp_path):
    return parse("rcv1", written(tmp_path))


def test_documents_keep_the_order_of_the_files_and_find_their_topics(parsed):
    assert isinstance(parsed, TermWeights)
    assert (parsed.x.shape, parsed.x.dtype) == ((60, 12), np.float32)
    assert parsed.names == TOPICS
    for i in range(60):
        found = {parsed.names[topic] for topic in parsed.topics[i].indices}
        assert found == set(document_topics(i))


def test_weights_are_those_of_the_lines(parsed):
    lines = gzip.decompress(rcv1_files()["train"]).decode().splitlines()
    for row, line in enumerate(lines):
        expected = np.zeros(12, np.float32)
        for pair in line.split()[1:]:
            term, weight = pair.split(":")
            expected[int(term) - 1] = float(weight)
        np.testing.assert_array_equal(parsed.x[row].toarray()[0], expected)


def test_uncompressed_files_will_do(tmp_path, parsed):
    plain = {role: gzip.decompress(content) for role, content in rcv1_files().items()}
    assert parse("rcv1", written(tmp_path, **plain)).fingerprint() == parsed.fingerprint()


def test_arrays_bring_it_back(parsed):
    back = body_of(parsed.arrays())
    assert back.fingerprint() == parsed.fingerprint()
    assert (back.x != parsed.x).nnz == 0
    assert (back.topics != parsed.topics).nnz == 0


@pytest.mark.parametrize("role", ["train", "test-2", "topics"])
def test_truncated_files(tmp_path, role):
    with pytest.raises(DataError, match=f"{role}.dat.gz is truncated or has other lines"):
        parse("rcv1", written(tmp_path, **{role: rcv1_files()[role][:-20]}))


@pytest.mark.parametrize(
    ("topics", "message"),
    [
        (b"C15 2286\n", "has other lines"),
        (b"C15 x 1\n", "has other lines"),
        (b"C15 2286 1\nE11 2287 1\n", "has no topic of 58 of 60 documents"),
        (b"".join(b"C15 %d 1\n" % (2286 + i) for i in range(60)), "documents of 1 topics"),
    ],
)
def test_wrong_topics(tmp_path, topics, message):
    with pytest.raises(DataError, match=message):
        parse("rcv1", written(tmp_path, topics=topics))


@pytest.mark.parametrize("kind", ["download", "mirror-files"])
def test_fetched_and_unverified_as_nobody_has_registered_its_content(
    tmp_path, server, parsed, kind
):
    for role, content in rcv1_files().items():
        server.put(role, content)
    files = {
        role: {"urls": [server.url(role)]} if kind == "download" else {"file": f"{role}.dat.gz"}
        for role in rcv1_files()
    }
    source = {"kind": kind, "parser": "rcv1", "files": files}
    raw = registered(parsed, source, fingerprint="unverified", train_samples=20)
    destination = tmp_path / "raw.safetensors"
    fetch_raw(
        "rcv1", raw, destination, root=tmp_path, cache=tmp_path / "c", timeout=5, mirror=tmp_path
    )
    assert verify_raw(destination, raw) is RawStatus.UNVERIFIED
    artefact = read_artefact(destination)
    assert artefact.about["verified"] is False
    assert artefact.arrays["split"].tolist() == [0] * 20 + [1] * 40
    assert body_of(artefact.arrays).fingerprint() == parsed.fingerprint()


def test_without_mirror_and_server_it_is_unreachable(tmp_path, parsed, server):
    files = {role: {"urls": [server.url(role)]} for role in rcv1_files()}
    source = {"kind": "download", "parser": "rcv1", "files": files}
    raw = registered(parsed, source, fingerprint="unverified")
    with pytest.raises(UnreachableError, match=r"download: .*HTTP 404"):
        fetch_raw(
            "rcv1", raw, tmp_path / "r", root=tmp_path, cache=tmp_path / "c", timeout=5, mirror=None
        )


def test_scikit_learns_bunch_is_the_same_content(parsed):
    class Bunch:
        data = csr_matrix(parsed.x, dtype=np.float64)
        target = csr_matrix(parsed.topics)
        target_names = np.array(parsed.names, dtype=object)

    assert _rcv1(Bunch).fingerprint() == parsed.fingerprint()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": [13]}, "weights of shape"),
        ({"nonzeros": 5, "bytes": 528}, "weights instead of 5"),
        ({"classes": 9}, "topics of shape"),
    ],
)
def test_weights_other_than_registered(parsed, changes, message):
    with pytest.raises(DataError, match=message):
        check_body(parsed, registered(parsed, **changes))


def test_classes_are_the_largest_topics_after_the_one_left_out(parsed):
    prepared = prepare(parsed, None, topics_set(3), max_samples=None)
    # Second-level topics of documents with exactly one: C15 18, E11 and M14 12, M11 6, GSPO 3.
    assert np.bincount(prepared.labels).tolist() == [12, 12, 6]
    order = ("E11", "M14", "M11")
    for row, label in zip(prepared.index, prepared.labels, strict=True):
        assert [t for t in document_topics(row) if t in SECOND] == [order[label]]
    assert (np.diff(prepared.index) > 0).all()


def test_words_are_those_of_the_largest_sums_among_the_chosen_documents(parsed):
    prepared = prepare(parsed, None, topics_set(2), max_samples=None)
    rows = parsed.x[prepared.index].toarray()
    chosen = np.sort(np.argsort(-rows.sum(axis=0, dtype=float), kind="stable")[:5])
    np.testing.assert_array_equal(prepared.features.toarray(), rows[:, chosen])


def test_nothing_is_left_out_where_the_choice_says_so(parsed):
    choice = {"among": list(SECOND), "source": "test"}
    prepared = prepare(parsed, None, topics_set(2, topics=choice), max_samples=None)
    assert np.bincount(prepared.labels).tolist() == [18, 12]


def test_fewer_topics_than_clusters_are_not_applicable(parsed):
    with pytest.raises(NotApplicableError, match="documents of 4 topics, after the 1 largest"):
        prepare(parsed, None, topics_set(5), max_samples=None)


def test_topics_that_no_document_has(parsed):
    choice = {"among": ["C15", "E11", "G15"], "source": "test"}
    with pytest.raises(DataError, match=r"do not have \(G15\)"):
        prepare(parsed, None, topics_set(2, topics=choice), max_samples=None)


def test_drawn_documents_do_not_depend_on_which_class_is_which(parsed):
    whole = prepare(parsed, None, topics_set(3), max_samples=None)
    drawn = prepare(parsed, None, topics_set(3), max_samples=7)
    assert len(drawn.index) == 7
    assert set(drawn.index) < set(whole.index)


def test_a_wrong_count_is_an_error_once_the_data_set_is_counted(parsed):
    with pytest.raises(DataError, match="Topics has 30 samples of 3 classes instead of"):
        prepare(parsed, None, topics_set(3, estimated=False), max_samples=None)
