"""Tests of the parser of 20 Newsgroups, of its sources, and of data sets of documents."""

import numpy as np
import pytest
from scipy.sparse import issparse
from tests.corpora import GROUPS, archive, messages, registered, texts_set

from clustrace.data.artefact import read_artefact
from clustrace.data.bodies import Documents, body_of, joined
from clustrace.data.expected import check_body
from clustrace.data.fetch import fetch_raw
from clustrace.data.from_sklearn import _newsgroups
from clustrace.data.parsers import parse, read_npz
from clustrace.data.prepare import prepare, write_features, write_labels
from clustrace.data.verify import RawStatus, verify_raw
from clustrace.errors import DataError, NotApplicableError, UnreachableError


def in_order():
    """Paths of the messages: training part first, then newsgroup and file name."""
    return sorted(messages(), key=lambda p: (p.split("/")[0].endswith("test"), *p.split("/")[1:]))


@pytest.fixture
def parsed(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(archive(messages()))
    return parse("20news-bydate", {"archive": tmp_path / "a.tar.gz"})


def test_order_labels_and_bytes(parsed):
    assert isinstance(parsed, Documents)
    paths, content = in_order(), messages()
    assert [parsed.text(i) for i in range(len(parsed))] == [content[path] for path in paths]
    assert parsed.y.tolist() == [GROUPS.index(path.split("/")[1]) for path in paths]
    # File names are compared as texts.
    assert [path.split("/")[2] for path in paths[:4]] == ["10", "20", "30", "40"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[:-200],
        lambda content: content[: len(content) // 2],
        lambda content: b"no archive",
        lambda content: b"",
    ],
)
def test_truncated_archive(tmp_path, spoil):
    (tmp_path / "a.tar.gz").write_bytes(spoil(archive(messages())))
    with pytest.raises(DataError, match=r"a\.tar\.gz (is truncated or corrupt|has messages of)"):
        parse("20news-bydate", {"archive": tmp_path / "a.tar.gz"})


def test_archive_without_a_part(tmp_path):
    train = {path: text for path, text in messages().items() if "-train/" in path}
    (tmp_path / "a.tar.gz").write_bytes(archive(train))
    with pytest.raises(DataError, match="3 newsgroups in its training part and of 0 in its test"):
        parse("20news-bydate", {"archive": tmp_path / "a.tar.gz"})


def fetched(tmp_path, raw, mirror=None):
    destination = tmp_path / "raw.safetensors"
    around = {"root": tmp_path, "cache": tmp_path / "cache", "timeout": 5, "mirror": mirror}
    fetch_raw("small", raw, destination, **around)
    return destination


def sources(tmp_path, server, body):
    """One source of each kind, and its folder as the mirror."""
    server.put("archive", archive(messages()))
    (tmp_path / "20news.tar.gz").write_bytes(archive(messages()))
    split = (np.arange(len(body)) >= 13).astype(np.int8)
    np.savez_compressed(
        tmp_path / "small.npz", x=body.x, offsets=body.offsets, y=body.y, split=split
    )
    roles = {"archive": {"urls": [server.url("archive")]}}
    return {
        "download": {"kind": "download", "parser": "20news-bydate", "files": roles},
        "mirror": {"kind": "mirror", "file": "small.npz", "sha256": "0" * 64},
        "mirror-files": {
            "kind": "mirror-files",
            "parser": "20news-bydate",
            "files": {"archive": {"file": "20news.tar.gz"}},
        },
    }


@pytest.mark.parametrize("kind", ["download", "mirror", "mirror-files"])
def test_every_source_gives_the_same_content(tmp_path, server, parsed, kind):
    raw = registered(parsed, sources(tmp_path, server, parsed)[kind], train_samples=13)
    path = fetched(tmp_path, raw, tmp_path)
    arrays = read_artefact(path).arrays
    assert set(arrays) == {"x", "offsets", "y", "split"}
    assert arrays["split"].tolist() == [0] * 13 + [1] * (len(parsed) - 13)
    assert verify_raw(path, raw) is RawStatus.VERIFIED


def test_scikit_learns_shuffled_order_is_undone(parsed):
    class Bunch:
        def __init__(self, part):
            paths = [p for p in messages() if f"-{part}/" in p]
            order = np.random.RandomState(4).permutation(len(paths))
            self.filenames = [f"/home/x/{paths[i]}" for i in order]
            self.data = [messages()[paths[i]].decode("latin1") for i in order]
            self.target_names = list(GROUPS)
            self.target = [GROUPS.index(f.split("/")[-2]) for f in self.filenames]

    body = _newsgroups([Bunch("train"), Bunch("test")])
    assert body.fingerprint() == parsed.fingerprint()


def test_truncated_download_leaves_the_set_unreachable(tmp_path, server, parsed):
    server.put("archive", archive(messages())[:-200])
    roles = {"archive": {"urls": [server.url("archive")]}}
    source = {"kind": "download", "parser": "20news-bydate", "files": roles}
    with pytest.raises(UnreachableError, match=r"download: .*truncated or corrupt"):
        fetched(tmp_path, registered(parsed, source))
    assert not (tmp_path / "cache" / "small").exists()


def test_a_mirrored_file_with_another_hash_is_not_parsed(tmp_path, server, parsed):
    source = sources(tmp_path, server, parsed)["mirror-files"]
    source["files"]["archive"]["sha256"] = "0" * 64
    with pytest.raises(UnreachableError, match=r"mirror files: file sha256 .* instead of 000000"):
        fetched(tmp_path, registered(parsed, source), tmp_path)


def test_other_cuts_of_the_same_bytes_have_another_fingerprint(parsed):
    offsets = parsed.offsets.copy()
    offsets[1] += 1
    moved = Documents(parsed.x, offsets, parsed.y)
    assert moved.fingerprint() != parsed.fingerprint()
    check_body(moved, registered(parsed))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: Documents(b.x[:-1], b.offsets, b.y), "texts of shape"),
        (lambda b: Documents(b.x, b.offsets[:-1], b.y), "offsets of shape"),
        (lambda b: Documents(b.x, b.offsets[::-1].copy(), b.y), "offsets that do not cut"),
        (lambda b: Documents(b.x, b.offsets, np.zeros_like(b.y)), "labels other than 0 to 2"),
    ],
)
def test_documents_other_than_registered(parsed, change, message):
    with pytest.raises(DataError, match=message):
        check_body(change(parsed), registered(parsed))


def test_a_part_of_an_npz_file_of_documents(tmp_path, server, parsed):
    sources(tmp_path, server, parsed)
    part = read_npz(tmp_path / "small.npz", "test")
    assert len(part) == len(parsed) - 13
    assert part.text(0) == parsed.text(13)


def test_prepared_documents_are_sparse_rows_with_named_columns(tmp_path, parsed):
    entry = texts_set(len(parsed))
    prepared = prepare(parsed, None, entry, max_samples=None)
    assert issparse(prepared.features)
    assert prepared.features.shape == (len(parsed), 9)
    assert "the" in prepared.names
    empty = in_order().index("20news-bydate-train/sci.space/9")
    assert prepared.features[empty].nnz == 0
    write_features(tmp_path / "f.safetensors", prepared, entry, slug="texts")
    artefact = read_artefact(tmp_path / "f.safetensors")
    assert artefact.about["shape"] == [len(parsed), 9]
    assert artefact.about["feature_names"] == list(prepared.names)
    assert set(artefact.arrays) == {"features.data", "features.indices", "features.indptr"}


def test_features_are_the_same_bytes_whatever_the_labels_are(tmp_path, parsed):
    entry, files = texts_set(len(parsed)), []
    for name, y in (("a", parsed.y), ("b", parsed.y[::-1].copy())):
        body = Documents(parsed.x, parsed.offsets, y)
        prepared = prepare(body, None, entry, max_samples=8)
        files.append(tmp_path / f"{name}.safetensors")
        write_features(files[-1], prepared, entry, slug="texts")
        write_labels(tmp_path / "labels.safetensors", prepared, slug="texts")
    assert files[0].read_bytes() == files[1].read_bytes()


def test_words_are_those_of_the_drawn_documents_alone(parsed):
    entry = texts_set(len(parsed))
    drawn = prepare(parsed, None, entry, max_samples=5)
    alone = prepare(
        parsed.rows(drawn.index), None, texts_set(5, classes=len(np.unique(drawn.labels))),
        max_samples=None,
    )  # fmt: skip
    assert drawn.names == alone.names
    np.testing.assert_array_equal(drawn.features.toarray(), alone.features.toarray())


def test_a_corpus_of_one_newsgroup_is_not_applicable():
    body = joined([b"one two", b"two three"], np.zeros(2))
    with pytest.raises(NotApplicableError, match="are of one class"):
        prepare(body, None, texts_set(2, classes=1), max_samples=None)


def test_documents_that_are_all_empty_are_not_applicable():
    body = joined([b"", b"", b""], np.arange(3))
    with pytest.raises(NotApplicableError, match="None of the documents has a word"):
        prepare(body, None, texts_set(3), max_samples=None)


def test_documents_with_the_same_words_are_not_applicable():
    body = joined([b"one two", b"two one", b"one two"], np.arange(3))
    with pytest.raises(NotApplicableError, match="All samples of Texts are equal"):
        prepare(body, None, texts_set(3), max_samples=None)


def test_arrays_that_keep_no_body():
    with pytest.raises(DataError, match="lack an array"):
        body_of({"x": np.zeros(3, np.uint8), "offsets": np.zeros(2, np.int64)})
