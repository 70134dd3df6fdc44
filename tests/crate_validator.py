"""roc-validator without a network: its cache is filled with the context that rocrate ships."""

from __future__ import annotations

import io
from importlib.resources import files
from pathlib import Path
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from rocrate_validator.models import Severity, ValidationSettings
from rocrate_validator.services import validate
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"


class _Shipped(HTTPAdapter):
    """Answers every request with the context of RO-Crate that rocrate has among its data."""

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:  # type: ignore[override]
        content = files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()
        headers = {"Content-Type": "application/ld+json"}
        raw = HTTPResponse(io.BytesIO(content), headers, status=200, preload_content=False)
        return self.build_response(request, raw)


def fill_cache(path: Path) -> None:
    """Make a cache of the validator in which the context stands."""
    session = CachedSession(str(path), backend="sqlite", expire_after=-1)
    session.mount("https://", _Shipped())
    shipped = session.get(CONTEXT).json()
    session.close()
    assert shipped["@id"] == CONTEXT, "rocrate ships another version of the context"


def faults(crate: Path, cache: Path, severity: Severity = Severity.REQUIRED) -> list[str]:
    """What roc-validator finds in a crate, without a network.

    Args:
        crate: folder or ZIP file.
        cache: cache that :func:`fill_cache` made.
        severity: the least severe faults to look for.
    """
    settings = ValidationSettings(
        rocrate_uri=str(crate),
        profile_identifier="provenance-run-crate",
        requirement_severity=severity,
        cache_path=cache,
        offline=True,
    )
    result = validate(settings)
    assert result.executed_checks, "no check was made"
    return sorted(f"{issue.check.identifier}: {issue.message}" for issue in result.get_issues())
