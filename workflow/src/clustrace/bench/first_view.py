"""What a browser needs until a page of the site shows something."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: Names of the browser, first choice first.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PAINTED = """
() => new Promise(resolve => {
  const told = list => list
    .filter(entry => entry.name === "first-contentful-paint")
    .forEach(entry => resolve(entry.startTime));
  told(performance.getEntriesByType("paint"));
  new PerformanceObserver(seen => told(seen.getEntries())).observe({type: "paint", buffered: true});
})
"""


def first_paints(page: Path, repeats: int) -> Sequence[float] | str:
    """Seconds from opening a page on disk to its first text or picture, in new browser sessions.

    Args:
        page: HTML file.
        repeats: how often it is opened.

    Returns:
        Seconds of each time, or why there are none.
    """
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed; `make env-test` installs it"
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        return "there is no Chromium; Debian's package is chromium"
    with browser(program) as started:
        found = []
        for _ in range(repeats):
            context = started.new_context()
            opened = context.new_page()
            opened.goto(page.resolve().as_uri())
            found.append(float(opened.evaluate(_PAINTED)) / 1000)
            context.close()
    return found


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    """Chromium without a window, by the path of its program."""
    # A package of tests and benchmarks alone.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Chromium's sandbox needs rights that root in a container does not have.
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()
