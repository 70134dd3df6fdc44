"""Where sites lie."""

from __future__ import annotations

from pathlib import Path

from clustrace.config.layout import Layout


def sites_folder(layout: Layout) -> Path:
    """Folder of the sites of all protocols, with the page that leads to them."""
    return layout.root / "results" / "site"


def site_folder(layout: Layout, protocol: str) -> Path:
    """Folder of the site of a protocol; it holds all that its pages need."""
    return sites_folder(layout) / protocol
