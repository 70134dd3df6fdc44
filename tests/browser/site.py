"""A site of small results, served or from disk, and a browser that looks at it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from clustrace.bench import first_view

CHROMIUM = "/usr/bin/chromium"
#: A busy machine takes long to draw a page; nothing here tests how long.
_PATIENCE = 120_000
_PHONE = {"width": 390, "height": 844}
_DESK = {"width": 1280, "height": 900}


@dataclass
class Visit:
    """A page in the browser with all that went wrong in it."""

    page: Page
    root: str
    complaints: list[str] = field(default_factory=list)

    def go(self, name: str) -> Page:
        """Open a page of the site."""
        self.page.goto(f"{self.root}/{name}")
        return self.page

    def open_number(self, address: str) -> Any:
        """Open the panel of a number by its stable link; returns the panel."""
        self.go(f"papers/{address.partition('.')[0]}.html#{address}")
        return self.panel(address)

    def panel(self, address: str) -> Any:
        """The panel once it shows all of a number."""
        panel = self.page.locator(f'#panel[data-ready="{address}"]')
        panel.wait_for()
        return panel


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    with first_view.browser(CHROMIUM) as started:
        yield started


@contextmanager
def visit(
    started: Browser, folder: Path | str, *, phone: bool = False, dark: bool = False
) -> Iterator[Visit]:
    """A page for a site from disk, or from a web server by its address."""
    context = started.new_context(
        viewport=_PHONE if phone else _DESK,
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
    )
    context.set_default_timeout(_PATIENCE)
    page = context.new_page()
    found = Visit(page, folder if isinstance(folder, str) else folder.as_uri())
    page.on(
        "console",
        lambda said: (
            found.complaints.append(said.text) if said.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    yield found
    context.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A web server for a folder; yields its address."""
    handler = partial(_Silent, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def missing() -> str:
    """Why there is no browser; empty if there is one."""
    return "" if Path(CHROMIUM).exists() else f"{CHROMIUM} is missing; install Debian's chromium"
