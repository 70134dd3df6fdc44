"""The code of the checkout, module by module, as it would be imported now."""

from __future__ import annotations

import functools

from clustrace.errors import ConfigError
from clustrace.provenance.code_identity import (
    CodeIdentity,
    normalised_source_hash,
    package_folder,
    source_of,
)


@functools.lru_cache(maxsize=4096)
def normalised(source: bytes) -> str | None:
    """Normalised hash of a source; None if it is no Python."""
    try:
        return normalised_source_hash(source.decode("utf-8"))
    except (SyntaxError, ValueError):
        return None


def changed_modules(code: CodeIdentity) -> list[str]:
    """Modules of a code identity that are not the present ones, or gone."""
    return [name for name, then in code.modules.items() if _present(name) != then]


def _present(module: str) -> str | None:
    """Normalised hash of a module as it would be imported now; None if there is none."""
    try:
        return normalised(source_of(module, package_folder(module.partition(".")[0])).read_bytes())
    except (OSError, ConfigError, ValueError):
        return None
