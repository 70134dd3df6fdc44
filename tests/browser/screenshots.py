"""Pictures for the README, of the site of the committed results and of ``clustrace explain``.

``make screenshots`` writes them to workflow/report/pictures/. Each has few colours, so that it is
small in git.
"""

from __future__ import annotations

import io
import shlex
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page
from rich.console import Console
from rich.text import Text

from clustrace.command import COMMAND
from clustrace.config.experiment import load_experiment
from clustrace.report.site.places import site_folder
from clustrace.report.site.writing import write_site

from .site import Visit, browser, missing, visit

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "workflow/report/pictures"
PROTOCOL = "paper-cpu"
NUMBER = "dcec.table1.sae-kmeans.usps.acc"
_COLOURS = 128
_MOST_BYTES = 200_000
_COLUMNS = 120


def main() -> None:
    """Write all pictures."""
    if reason := missing():
        sys.exit(f"Error: {reason}, then call `make screenshots` again.")
    experiment = load_experiment(ROOT, {"protocol": PROTOCOL})
    write_site(experiment)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with browser() as started:
        with visit(started, site_folder(experiment.layout, PROTOCOL)) as look:
            _keep("overview", look.go("index.html").screenshot())
            look.go(f"papers/{NUMBER.partition('.')[0]}.html").locator("#table1").evaluate(
                "(table) => table.scrollIntoView()"
            )
            _keep("paper", look.page.screenshot())
            _keep("number", _panel(look))
        _keep("explain", _terminal(started))


def _panel(look: Visit) -> bytes:
    look.open_number(NUMBER).locator("h3").first.scroll_into_view_if_needed()
    return look.page.screenshot()


def _terminal(started: Browser) -> bytes:
    """``clustrace explain`` as a terminal shows it."""
    arguments = ["explain", "--protocol", PROTOCOL, NUMBER]
    done = subprocess.run([*COMMAND, *arguments], cwd=ROOT, check=True, capture_output=True)
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ clustrace {shlex.join(arguments)}", style="bold"))
    console.print(Text(done.stdout.decode()))
    page: Page = started.new_page(viewport={"width": 1080, "height": 900})
    page.set_content(console.export_html(inline_styles=True))
    page.add_style_tag(content="body { font-size: 13px; margin: 12px 18px; }")
    return page.screenshot(full_page=True)


def _keep(name: str, png: bytes) -> None:
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(_COLOURS)
    path = PICTURES / f"{name}.png"
    picture.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {size:,} bytes")
    if size > _MOST_BYTES:
        sys.exit(f"Error: {path} is too large for git; show less of the page.")


if __name__ == "__main__":
    main()
