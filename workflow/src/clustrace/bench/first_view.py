"""What a browser needs until a page of the site shows something."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

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
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "Playwright is not installed; `make env-test` installs it"
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if program is None:
        return "there is no Chromium; Debian's package is chromium"
    with sync_playwright() as playwright:
        # Chromium's sandbox needs rights that root in a container does not have.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        found = []
        for _ in range(repeats):
            context = browser.new_context()
            opened = context.new_page()
            opened.goto(page.resolve().as_uri())
            found.append(float(opened.evaluate(_PAINTED)) / 1000)
            context.close()
        browser.close()
    return found
