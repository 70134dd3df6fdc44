"""Tests of clustrace.data.download against a server with faults on demand."""

import builtins
import errno
import hashlib
import random
import socket

import pytest

from clustrace.data.download import download
from clustrace.errors import StorageError, UnreachableError

CONTENT = random.Random(0).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def get(urls, path, *, sha256=SHA256, attempts=3, **options):
    download(urls, path, sha256=sha256, timeout=5, attempts=attempts, pause=0, **options)


def parts(folder):
    return sorted(path.name for path in folder.glob("*.part"))


def test_whole_file(server, tmp_path):
    server.put("f", CONTENT)
    get([server.url("f")], tmp_path / "new" / "f")
    assert (tmp_path / "new" / "f").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["f"]


def test_broken_connection_is_resumed_where_it_broke(server, tmp_path):
    server.put("f", CONTENT, breaks=[100_000])
    get([server.url("f")], tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert server.requests[1]["Range"] == "bytes=100000-"
    assert server.requests[1]["If-Range"] == '"v1"'


def test_more_breaks_than_attempts_are_fine_as_long_as_bytes_come(server, tmp_path):
    server.put("f", CONTENT, breaks=[50_000] * 5)
    get([server.url("f")], tmp_path / "f", attempts=1)
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert len(server.requests) == 6


def test_truncated_body_is_an_error_that_keeps_the_part_for_the_next_run(server, tmp_path):
    server.put("f", CONTENT, breaks=[100_000, 0, 0, 0])
    with pytest.raises(UnreachableError, match="broke before the file was complete"):
        get([server.url("f")], tmp_path / "f")
    assert not (tmp_path / "f").exists()
    (part,) = parts(tmp_path)
    assert (tmp_path / part).read_bytes() == CONTENT[:100_000]

    server.pages["f"].breaks.clear()
    server.requests.clear()
    get([server.url("f")], tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert [request["Range"] for request in server.requests] == ["bytes=100000-"]
    assert parts(tmp_path) == []


def test_server_without_ranges_restarts_cleanly(server, tmp_path):
    server.put("f", CONTENT, ranges=False, breaks=[100_000])
    get([server.url("f")], tmp_path / "f", sha256=None)
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_file_that_changed_between_two_runs_is_fetched_whole(server, tmp_path):
    server.put("f", CONTENT, breaks=[100_000])
    with pytest.raises(UnreachableError):
        get([server.url("f"), server.url("gone")], tmp_path / "f", sha256="0" * 64, attempts=0)
    assert parts(tmp_path)
    changed = CONTENT[::-1]
    server.put("f", changed, etag='"v2"')
    get([server.url("f")], tmp_path / "f", sha256=None)
    assert (tmp_path / "f").read_bytes() == changed


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_version_and_hash_nothing_is_resumed(server, tmp_path, etag):
    server.put("f", CONTENT, etag=etag, breaks=[100_000])
    get([server.url("f")], tmp_path / "f", sha256=None)
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert not any("Range" in request for request in server.requests)


def test_resumed_file_with_wrong_hash_is_fetched_again_whole(server, tmp_path):
    server.put("f", bytes(len(CONTENT)), etag=None, breaks=[100_000, 0, 0, 0])
    with pytest.raises(UnreachableError):
        get([server.url("f")], tmp_path / "f")
    server.put("f", CONTENT, etag=None)
    get([server.url("f")], tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_part_that_is_complete_is_only_verified(server, tmp_path):
    server.put("f", CONTENT, breaks=[100_000, 0, 0, 0])
    with pytest.raises(UnreachableError):
        get([server.url("f")], tmp_path / "f")
    (part,) = parts(tmp_path)
    (tmp_path / part).write_bytes(CONTENT)
    server.requests.clear()
    get([server.url("f")], tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert [request["Range"] for request in server.requests] == ["bytes=300000-"]


def test_range_other_than_asked_for_restarts(server, tmp_path):
    server.put("f", CONTENT, breaks=[100_000], shift=10)
    get([server.url("f")], tmp_path / "f", sha256=None)
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_resumed_answer_without_length_that_breaks_again_is_resumed_again(server, tmp_path):
    page = server.put("f", CONTENT, breaks=[100_000, 0, 0, 0])
    with pytest.raises(UnreachableError):
        get([server.url("f")], tmp_path / "f")
    page.announced, page.breaks = False, [100_000]
    get([server.url("f")], tmp_path / "f", sha256=None)
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_wrong_hash_is_never_moved_into_place(server, tmp_path):
    (tmp_path / "f").write_bytes(b"old")
    server.put("f", CONTENT + b"!")
    with pytest.raises(UnreachableError, match=f"instead of {SHA256[:12]}"):
        get([server.url("f")], tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == b"old"
    assert parts(tmp_path) == []


def test_next_address_is_tried_and_every_reason_is_told(server, tmp_path):
    server.put("swapped", b"another file")
    server.put("f", CONTENT)
    told = []
    urls = [server.url("gone"), server.url("swapped"), server.url("f")]
    get(urls, tmp_path / "f", report=told.append)
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert "HTTP 404" in told[0]
    assert "sha256" in told[1]


def test_busy_server_is_asked_again_and_refusal_is_not(server, tmp_path):
    server.put("f", CONTENT, failures=2)
    get([server.url("f")], tmp_path / "f")
    server.requests.clear()
    server.put("f", CONTENT, status=403)
    with pytest.raises(UnreachableError, match="HTTP 403"):
        get([server.url("f")], tmp_path / "g")
    assert len(server.requests) == 1


def test_connection_refused(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/f"
        with pytest.raises(UnreachableError, match="connection refused"):
            get([url], tmp_path / "f")
    assert list(tmp_path.iterdir()) == []


def test_silent_server_times_out(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/f"
        with pytest.raises(UnreachableError, match=r"no answer within 0\.05 s"):
            download([url], tmp_path / "f", sha256=None, timeout=0.05, attempts=1, pause=0)


def test_full_disk_leaves_nothing_under_the_final_name(server, tmp_path, monkeypatch):
    server.put("f", CONTENT)
    really_open = builtins.open

    def open_on_full_disk(file, mode="r", *arguments, **options):
        opened = really_open(file, mode, *arguments, **options)
        if str(file).endswith(".part") and "a" in mode:
            return FullDisk(opened)
        return opened

    monkeypatch.setattr(builtins, "open", open_on_full_disk)
    with pytest.raises(StorageError, match="free some space"):
        get([server.url("f"), server.url("other")], tmp_path / "f")
    assert not (tmp_path / "f").exists()
    assert len(server.requests) == 1

    monkeypatch.undo()
    get([server.url("f")], tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


class FullDisk:
    """A file that takes 70,000 bytes and no more."""

    def __init__(self, file):
        self.file = file
        self.room = 70_000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, content):
        self.room -= len(content)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.file.write(content)
