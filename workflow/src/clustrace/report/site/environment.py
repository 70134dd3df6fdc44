"""Jinja environment of the pages."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def page_environment() -> Environment:
    """Templates of the pages; every value that one prints is escaped."""
    return Environment(
        autoescape=True,
        loader=PackageLoader("clustrace.report.site"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
