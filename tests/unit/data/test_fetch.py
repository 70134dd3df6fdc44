"""Tests of clustrace.data.fetch and clustrace.data.sources: order, refusal, record."""

import errno
import gzip

import numpy as np
import pytest

from clustrace import files
from clustrace.data.artefact import read_artefact
from clustrace.data.fetch import fetch_raw, mirror_folder
from clustrace.data.fingerprint import fingerprint
from clustrace.errors import StorageError, UnreachableError
from clustrace.files import sha256_file

MIRROR = {"kind": "mirror", "file": "small.npz", "sha256": "0" * 64}


@pytest.fixture
def fetch(tmp_path):
    """Fetch into a repository below tmp_path, by default with the mirror folder there."""

    def call(raw, *, mirror=tmp_path / "mirror", **options):
        destination = tmp_path / "raw" / "small.safetensors"
        around = {"root": tmp_path, "cache": tmp_path / "cache", "timeout": 5, "mirror": mirror}
        fetch_raw("small", raw, destination, **around, **options)
        return read_artefact(destination)

    return call


def write_mirror(folder, body, name="small.npz", **changes):
    (folder / "mirror").mkdir(exist_ok=True)
    arrays = {"x": body.x, "y": body.y, "split": body.split, **changes}
    np.savez_compressed(folder / "mirror" / name, **arrays)
    return folder / "mirror" / name


def idx(array):
    sizes = b"".join(int(size).to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def serve(server, body, **faults):
    """Put the body on the server as gzipped IDX files; the registry's entry of that download."""
    arrays = {
        "train-images": body.x[body.split == 0],
        "train-labels": body.y[body.split == 0],
        "test-images": body.x[body.split == 1],
        "test-labels": body.y[body.split == 1],
    }
    for role, array in arrays.items():
        server.put(role, gzip.compress(idx(array)), **faults)
    roles = {role: {"urls": [server.url(role)]} for role in arrays}
    return {"kind": "download", "parser": "idx", "files": roles}


def test_mirror(fetch, body, tmp_path):
    write_mirror(tmp_path, body)
    artefact = fetch(body.registered(MIRROR))
    np.testing.assert_array_equal(artefact.arrays["x"], body.x)
    np.testing.assert_array_equal(artefact.arrays["y"], body.y)
    np.testing.assert_array_equal(artefact.arrays["split"], body.split)
    assert artefact.arrays["split"].dtype == np.int8
    assert artefact.about == {
        "source": "mirror small.npz",
        "fingerprint": fingerprint(body.x, body.y),
        "verified": True,
        "tried": [{"source": "mirror small.npz", "result": "used"}],
    }


def test_body_without_parts_from_a_part_of_a_mirror_file(fetch, body, tmp_path):
    write_mirror(tmp_path, body)
    x, y = body.x[body.split == 1], body.y[body.split == 1]
    raw = body.registered(
        {**MIRROR, "part": "test"},
        samples=len(x),
        train_samples=None,
        bytes=x.nbytes,
        fingerprint=fingerprint(x, y),
    )
    artefact = fetch(raw)
    np.testing.assert_array_equal(artefact.arrays["x"], x)
    assert set(artefact.arrays) == {"x", "y"}


def test_download(fetch, body, server, tmp_path):
    artefact = fetch(body.registered(serve(server, body)))
    np.testing.assert_array_equal(artefact.arrays["x"], body.x)
    assert artefact.about["source"] == "download"
    assert not (tmp_path / "cache" / "small").exists()


def test_unfinished_download_is_resumed_in_the_next_run(fetch, body, server, tmp_path, monkeypatch):
    monkeypatch.setattr("clustrace.data.download.time.sleep", lambda _: None)
    source = serve(server, body)
    server.pages["test-images"].breaks = [30, 0, 0, 0]
    with pytest.raises(UnreachableError, match="broke before the file was complete"):
        fetch(body.registered(source))
    assert not (tmp_path / "raw" / "small.safetensors").exists()
    server.requests.clear()
    fetch(body.registered(source))
    assert [request.get("Range") for request in server.requests] == ["bytes=30-", None]


def test_wrong_content_is_never_used_and_the_next_source_is_tried(fetch, body, server, tmp_path):
    changed = body.x.copy()
    changed[3, 1, 1] ^= 1
    write_mirror(tmp_path, body, x=changed)
    artefact = fetch(body.registered(MIRROR, serve(server, body)))
    np.testing.assert_array_equal(artefact.arrays["x"], body.x)
    found, registered = fingerprint(changed, body.y), fingerprint(body.x, body.y)
    assert artefact.about["tried"] == [
        {
            "source": "mirror small.npz",
            "result": f"content sha256 {found[:12]}… instead of {registered[:12]}…",
        },
        {"source": "download", "result": "used"},
    ]


def test_no_source_tells_why_for_each_and_what_to_do(fetch, body, server, tmp_path):
    write_mirror(tmp_path, body, y=body.y[::-1])
    gone = serve(server, body)
    del server.pages["train-labels"]
    told = []
    with pytest.raises(UnreachableError) as caught:
        fetch(body.registered(MIRROR, {**MIRROR, "file": "b.npz"}, gone), report=told.append)
    sentence = str(caught.value)
    assert sentence.startswith("No source of small gave the registered content (mirror small.npz: ")
    assert f"instead of {fingerprint(body.x, body.y)[:12]}…; mirror b.npz: " in sentence
    assert f"download: {server.url('train-labels')}: HTTP 404)" in sentence
    assert sentence.endswith("set CLUSTRACE_MIRROR to a folder with a copy, or run again online.")
    assert not (tmp_path / "raw").exists()
    assert "small: trying mirror small.npz" in told


def test_swapped_files_are_refused_and_not_kept(fetch, body, server, tmp_path):
    source = serve(server, body)
    pages = server.pages
    pages["train-labels"], pages["test-labels"] = pages["test-labels"], pages["train-labels"]
    with pytest.raises(UnreachableError, match="content sha256"):
        fetch(body.registered(source))
    assert not (tmp_path / "cache" / "small").exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"x": np.zeros((12, 2, 3), np.uint8)}, r"shape \(12, 2, 3\) instead of \(12, 3, 2\)"),
        ({"x": np.zeros((12, 3, 2), np.float32)}, "type float32 instead of uint8"),
        ({"y": np.arange(11) % 3}, r"labels of shape \(11,\)"),
        ({"y": np.arange(12) % 3 + 1}, "labels other than 0 to 2"),
    ],
)
def test_wrong_shape_type_and_labels(fetch, body, tmp_path, changes, reason):
    write_mirror(tmp_path, body, **changes)
    with pytest.raises(UnreachableError, match=reason):
        fetch(body.registered(MIRROR))


def test_mirror_missing(fetch, body, tmp_path):
    with pytest.raises(UnreachableError, match="CLUSTRACE_MIRROR is not set"):
        fetch(body.registered(MIRROR), mirror=None)
    with pytest.raises(UnreachableError, match="mirror has no such file"):
        fetch(body.registered(MIRROR))


def test_mirror_folder_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("CLUSTRACE_MIRROR", raising=False)
    assert mirror_folder() is None
    monkeypatch.setenv("CLUSTRACE_MIRROR", str(tmp_path))
    assert mirror_folder() == tmp_path


def test_unverified_body_is_recorded_as_such(fetch, body, server, tmp_path):
    path = write_mirror(tmp_path, body)
    right = {**MIRROR, "sha256": sha256_file(path)}
    artefact = fetch(body.registered(right, fingerprint="unverified"))
    assert artefact.about["verified"] is False
    assert artefact.about["fingerprint"] == fingerprint(body.x, body.y)
    # Without a fingerprint the file's own hash is all there is to go by.
    with pytest.raises(UnreachableError, match="file sha256"):
        fetch(body.registered(MIRROR, fingerprint="unverified"))


def test_permutation_restores_the_order(fetch, body, tmp_path):
    order = np.random.default_rng(0).permutation(12)
    write_mirror(tmp_path, body, x=body.x[order], y=body.y[order])
    np.save(tmp_path / "order.npy", np.argsort(order).astype(np.int16))
    artefact = fetch(body.registered({**MIRROR, "permutation": "order.npy"}))
    np.testing.assert_array_equal(artefact.arrays["x"], body.x)
    assert artefact.about["verified"] is True


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (np.arange(11), "no permutation of 12 rows"),
        (np.zeros(12, np.int16), "no permutation of 12 rows"),
        (np.array([{}], dtype=object), "could not be read"),
        (None, "could not be read"),
    ],
)
def test_unusable_permutation(fetch, body, tmp_path, order, reason):
    write_mirror(tmp_path, body)
    if order is not None:
        np.save(tmp_path / "order.npy", order)
    with pytest.raises(UnreachableError, match=reason):
        fetch(body.registered({**MIRROR, "permutation": "order.npy"}))


def test_package_falls_through_when_its_client_is_missing(fetch, body, tmp_path, monkeypatch):
    write_mirror(tmp_path, body)
    monkeypatch.setenv("PATH", str(tmp_path))
    npm = {"kind": "npm", "package": "a", "version": "1", "parser": "idx", "files": {}}
    artefact = fetch(body.registered(npm, MIRROR))
    assert artefact.about["tried"][0] == {
        "source": "npm a 1",
        "result": "the command npm is not installed here",
    }


def test_full_disk_leaves_the_old_file(fetch, body, tmp_path, monkeypatch):
    write_mirror(tmp_path, body)
    destination = tmp_path / "raw" / "small.safetensors"
    destination.parent.mkdir()
    destination.write_bytes(b"old")

    def fsync(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", fsync)
    with pytest.raises(StorageError, match="is full while writing small"):
        fetch(body.registered(MIRROR))
    assert destination.read_bytes() == b"old"
    assert list(destination.parent.iterdir()) == [destination]


def test_second_fetch_gives_the_same_bytes(fetch, body, tmp_path):
    write_mirror(tmp_path, body)
    path = tmp_path / "raw" / "small.safetensors"
    fetch(body.registered(MIRROR))
    first = path.read_bytes()
    fetch(body.registered(MIRROR))
    assert path.read_bytes() == first
