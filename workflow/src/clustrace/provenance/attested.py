"""Attestations that hold now: those whose later code is the code of now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from clustrace.config.layout import Layout
from clustrace.errors import StorageError
from clustrace.provenance.attestation import Attestation, read_attestations
from clustrace.provenance.code_identity import CodeIdentity
from clustrace.provenance.code_now import CodeNow
from clustrace.provenance.hash_cache import HashCache
from clustrace.provenance.objects import ObjectStore
from clustrace.provenance.record import read_object


@dataclass(frozen=True)
class Attested:
    """Attestations of the results of a protocol.

    Attributes:
        entries: all, by the hash of their record.
        store: objects that they refer to.
        code: compares their code with that of now.
    """

    entries: Mapping[str, Attestation]
    store: ObjectStore
    code: CodeNow
    _current: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path, hashes: HashCache) -> Attested:
        """Attestations of the results in ``folder``, such as ``results/paper``.

        Raises:
            StorageError: the file is no list of attestations.
        """
        entries = read_attestations(attested_file(folder))
        return cls(entries, ObjectStore(folder / "provenance" / "objects"), CodeNow(hashes))

    def of(self, record_sha256: str, code: str) -> Attestation | None:
        """What is attested of a job under the code of now, whatever the outcome; None if nothing.

        Args:
            record_sha256: hash of its record.
            code: identity of the code that did it, as the record has it.
        """
        found = self.entries.get(record_sha256)
        if found is None or found.code != code or not self.is_current(found):
            return None
        return found

    def is_current(self, attestation: Attestation) -> bool:
        """Whether the later code of an attestation is that of now."""
        digest = attestation.later.object
        if digest not in self._current:
            try:
                later = read_object(self.store, digest, CodeIdentity)
            except StorageError:
                # What its code was cannot be told any more, so it says nothing of that of now.
                self._current[digest] = False
            else:
                self._current[digest] = (
                    later.digest == attestation.later.digest and self.code.changed(later) == ()
                )
        return self._current[digest]


def attested_file(folder: Path) -> Path:
    """File of the attestations of the results in a folder, such as ``results/paper``."""
    return Layout(folder.parents[1]).attested(folder.name)


def vouched(
    records: Iterable[tuple[str, str, str]], attested: Iterable[Attested]
) -> dict[str, str]:
    """Identity of the code of now for each record that an attestation vouches for.

    Args:
        records: path and hash of each record, and the identity of its code.
        attested: attestations of one or several protocols.

    Returns:
        The identity by the path of the record.
    """
    lists = tuple(attested)
    codes = {}
    for path, sha256, code in records:
        for each in lists:
            found = each.of(sha256, code)
            if found is not None and found.vouches:
                codes[path] = found.later.digest
    return codes
