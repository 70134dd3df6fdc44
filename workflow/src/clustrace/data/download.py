"""Downloads that resume: what a broken connection brought is kept and continued, not repeated."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests
import urllib3

from clustrace.errors import StorageError, UnreachableError
from clustrace.files import atomic_path, sha256_file

Report = Callable[[str], None]

_CHUNK = 1 << 16


class _Refused(Exception):
    """A reason that another attempt at the same address would not remove."""


class _Interrupted(Exception):
    """A reason that another attempt may remove."""


def silent(_: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class _Part:
    """The unfinished file of one address, and beside it what identifies the server's version."""

    path: Path

    @classmethod
    def of(cls, url: str, destination: Path) -> _Part:
        key = hashlib.sha256(url.encode()).hexdigest()[:8]
        return cls(destination.with_name(f"{destination.name}.{key}.part"))

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def version(self) -> str | None:
        """Strong ETag or date of the version that the bytes belong to."""
        try:
            return str(json.loads(self._version_path.read_text())["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def _version_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    def start(self, version: str | None) -> None:
        """Begin anew with the version that the server now offers."""
        self.remove()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if version is not None:
                self._version_path.write_text(json.dumps({"version": version}))
        except OSError as error:
            raise _storage_error(self, error) from error

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self._version_path.unlink(missing_ok=True)


def download(
    urls: Sequence[str],
    destination: Path,
    *,
    sha256: str | None,
    timeout: float,
    report: Report = silent,
    attempts: int = 3,
    pause: float = 1.0,
) -> None:
    """Fetch one file from the first address that gives it, and move it into place atomically.

    Bytes that arrived before an interruption stay in a ``.part`` file, one for each address,
    and the next attempt or run asks for the rest only (``Range``, with ``If-Range`` so that a
    file which changed meanwhile is sent whole).

    Args:
        urls: addresses of the same file, tried in order.
        destination: final path; a file that is there already is replaced.
        sha256: hash of the file, where known.
        timeout: seconds to wait for a connection, and for each further piece of the answer.
        report: is given a line for each thing worth telling.
        attempts: tries at one address that bring no new bytes.
        pause: seconds before the second try; doubled before each further one.

    Raises:
        UnreachableError: no address gave the file; says why for each.
        StorageError: the file could not be written.
    """
    reasons = []
    for url in urls:
        part = _Part.of(url, destination)
        try:
            _with_retries(url, part, sha256, timeout, report, attempts, pause)
        except _Refused as refusal:
            reasons.append(f"{url}: {refusal}")
            report(reasons[-1])
            continue
        with atomic_path(destination) as temporary:
            os.replace(part.path, temporary)
        for address in urls:
            _Part.of(address, destination).remove()
        return
    raise UnreachableError(", ".join(reasons))


def _with_retries(
    url: str,
    part: _Part,
    sha256: str | None,
    timeout: float,
    report: Report,
    attempts: int,
    pause: float,
) -> None:
    """Fill the part file of an address, with growing pauses between tries in vain."""
    furthest, in_vain = part.size, 0
    while True:
        resumed = part.size > 0
        try:
            _request(url, part, sha256 is not None, timeout, report)
            if sha256 is None or (found := sha256_file(part.path)) == sha256:
                return
            part.remove()
            if not resumed:
                raise _Refused(f"file sha256 {found[:12]}… instead of {sha256[:12]}…")
            reason = "the resumed file is not the registered one"
        except _Interrupted as interruption:
            reason = str(interruption)
        in_vain = 0 if part.size > furthest else in_vain + 1
        furthest = max(furthest, part.size)
        if in_vain >= attempts:
            raise _Refused(reason)
        report(f"{url}: {reason}, trying again")
        time.sleep(pause * 2 ** max(in_vain - 1, 0))


def _request(url: str, part: _Part, known: bool, timeout: float, report: Report) -> None:
    """Ask once for the file, or for the rest of it, and append what comes to the part file."""
    # The bytes must come as they lie on the server, for sizes, ranges and hashes to fit.
    headers = {"Accept-Encoding": "identity"}
    version = part.version
    if part.size and not (version or known):
        part.remove()
    if part.size:
        headers["Range"] = f"bytes={part.size}-"
        if version:
            headers["If-Range"] = version
    try:
        with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
            if response.status_code == 416 and _total(response) == part.size:
                return
            total = _accept(response, part)
            if part.size:
                report(f"{url}: resumed at {part.size:,} bytes")
            _append(response, part)
    except requests.ConnectTimeout as error:
        raise _Refused(f"no connection within {timeout:g} s") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _Interrupted(_reason(error, timeout)) from error
    except OSError as error:  # for example a bundle of certificates that is not there
        raise _Refused(str(error)) from error
    if total is not None and part.size < total:
        raise _Interrupted(f"the answer ended after {part.size:,} of {total:,} bytes")


def _accept(response: requests.Response, part: _Part) -> int | None:
    """Decide by the answer's status how to go on; the size of the whole file where it is told."""
    status = response.status_code
    if status == 206 and _range_start(response) == part.size:
        return _total(response)
    if status in (206, 416):
        part.remove()
        raise _Interrupted("the server's range does not fit the part that is here")
    if status == 429 or status >= 500:
        raise _Interrupted(f"HTTP {status}")
    if status != 200:
        raise _Refused(f"HTTP {status}")
    etag = response.headers.get("ETag")
    strong = etag if etag and not etag.startswith("W/") else None
    part.start(strong or response.headers.get("Last-Modified"))
    length = response.headers.get("Content-Length")
    return int(length) if length and length.isdigit() else None


def _append(response: requests.Response, part: _Part) -> None:
    try:
        with open(part.path, "ab") as file:
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                file.write(chunk)
    except OSError as error:
        raise _storage_error(part, error) from error


def _storage_error(part: _Part, error: OSError) -> StorageError:
    return StorageError(
        f"{part.path} could not be written ({error.strerror or error}); free some space or "
        "correct the permissions and run again, what was downloaded is kept."
    )


def _range_start(response: requests.Response) -> int | None:
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _total(response: requests.Response) -> int | None:
    match = re.search(r"/(\d+)$", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _reason(error: Exception, timeout: float) -> str:
    """A few words for the long texts of the network libraries."""
    text = str(error)
    for sign, words in (
        ("NameResolution", "its host name is not known here"),
        ("Connection refused", "connection refused"),
        ("timed out", f"no answer within {timeout:g} s"),
        ("CERTIFICATE", "its certificate is not accepted"),
        ("IncompleteRead", "the connection broke before the file was complete"),
    ):
        if sign in text:
            return words
    return f"the connection failed ({type(error).__name__})"
