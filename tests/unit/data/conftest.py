"""A local server with faults on demand, and small bodies of data."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from clustrace.config.datasets import RawData
from clustrace.data.fingerprint import fingerprint


@dataclass
class Page:
    """One file on the server, and how the server misbehaves with it."""

    content: bytes
    etag: str | None = '"v1"'
    ranges: bool = True
    status: int = 200
    breaks: list[int] = field(default_factory=list)
    """Bytes after which the connection breaks, one for each of the first answers."""
    failures: int = 0
    """Number of first answers that are HTTP 503."""
    shift: int = 0
    """Ranges start this many bytes too early."""
    announced: bool = True
    """Whether the answer has a Content-Length; without one its end is the connection's."""


@dataclass
class Server:
    """Pages by path, and the headers of the requests that came."""

    address: str
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"{self.address}/{path}"

    def put(self, path: str, content: bytes, **faults: Any) -> Page:
        """Serve ``content`` under ``path``; ``faults`` are the fields of a page."""
        self.pages[path] = Page(content, **faults)
        return self.pages[path]


class _Handler(BaseHTTPRequestHandler):
    state: Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.state.requests.append(dict(self.headers))
        page = self.state.pages.get(self.path.lstrip("/"))
        if page is None or page.status != 200:
            self.send_error(404 if page is None else page.status)
            return
        if page.failures:
            page.failures -= 1
            self.send_error(503)
            return
        start = self._start(page)
        if start is not None and start >= len(page.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(page.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send(page, start)

    def _start(self, page: Page) -> int | None:
        match = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range") in (None, page.etag)
        return int(match[1]) if match and page.ranges and same else None

    def _send(self, page: Page, start: int | None) -> None:
        start = None if start is None else start - page.shift
        body = page.content[start or 0 :]
        self.send_response(200 if start is None else 206)
        if start is not None:
            total = len(page.content)
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        if page.etag:
            self.send_header("ETag", page.etag)
        if page.announced:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: page.breaks.pop(0)] if page.breaks else body)


@pytest.fixture
def server() -> Iterator[Server]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    httpd.daemon_threads = True
    state = Server(f"http://127.0.0.1:{httpd.server_port}")
    httpd.RequestHandlerClass = type("Handler", (_Handler,), {"state": state})
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@dataclass(frozen=True)
class Body:
    """A small body of data with two parts."""

    x: np.ndarray
    y: np.ndarray
    split: np.ndarray

    def registered(self, *sources: dict[str, Any], **changes: Any) -> RawData:
        """Its registry entry with these sources."""
        entry = {
            "title": "small",
            "publisher": "test",
            "licence": "none",
            "samples": len(self.x),
            "train_samples": int((self.split == 0).sum()),
            "shape": list(self.x.shape[1:]),
            "dtype": str(self.x.dtype),
            "classes": int(self.y.max()) + 1,
            "bytes": self.x.nbytes,
            "fingerprint": fingerprint(self.x, self.y),
            "sources": list(sources),
        }
        return RawData.model_validate({**entry, **changes})


@pytest.fixture
def body() -> Body:
    generator = np.random.default_rng(1)
    x = generator.integers(0, 256, (12, 3, 2), dtype=np.uint8)
    return Body(x, np.arange(12) % 3, (np.arange(12) >= 8).astype(np.int8))
