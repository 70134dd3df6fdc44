"""The code of a recorded job beside the code that stands in the checkout now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from clustrace.errors import ConfigError
from clustrace.files import sha256_file
from clustrace.provenance import code_identity
from clustrace.provenance.code_identity import (
    CodeIdentity,
    normalised_source_hash,
    package_folder,
    source_of,
)
from clustrace.provenance.hash_cache import HashCache


@dataclass(frozen=True)
class CodeNow:
    """Compares recorded modules with those that would be imported now.

    Only the modules that a record names are looked at: a module that the job would import today
    and did not then is imported by an edit to one of them.

    Attributes:
        cache: remembers the hashes of sources.
    """

    cache: HashCache

    def changed(self, code: CodeIdentity) -> tuple[str, ...] | None:
        """Modules that are not as recorded, or gone; None if the record names no modules."""
        if not code.modules:
            return None
        return tuple(name for name, digest in code.modules.items() if self._hash(name) != digest)

    def _hash(self, module: str) -> str | None:
        """Normalised hash of a module's source; None if there is none or it is not valid."""
        try:
            path = source_of(module, package_folder(module.partition(".")[0]))
            return self.cache.get(
                f"source-{self._method}",
                path,
                lambda: normalised_source_hash(path.read_text("utf-8")),
            )
        except (OSError, SyntaxError, ValueError, ConfigError):
            return None

    @cached_property
    def _method(self) -> str:
        """What the hashes of sources depend on besides the sources: how they are normalised."""
        return sha256_file(code_identity.__file__)[:12]
