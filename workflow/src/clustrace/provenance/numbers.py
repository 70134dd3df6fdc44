"""Finding a number by its address among the ledgers of all protocols."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from clustrace.errors import ConfigError, StorageError
from clustrace.provenance.ledger import LedgerRow, read_ledger

#: Protocols whose numbers go before others if several have the same address.
_FIRST = ("paper", "paper-cpu")
_OFFERED = 5


@dataclass(frozen=True)
class FoundNumber:
    """A number of a ledger.

    Attributes:
        folder: results of its protocol.
        ledger: file of its ledger.
        row: its row.
        also: folders of other protocols that have the same address.
    """

    folder: Path
    ledger: Path
    row: LedgerRow
    also: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Ledgers:
    """All ledgers below a repository's results.

    Attributes:
        folders: results of protocols, in the order in which they are preferred.
    """

    folders: tuple[Path, ...]

    @classmethod
    def below(cls, root: Path, protocol: str | None = None, default: str | None = None) -> Ledgers:
        """Ledgers under ``results/`` of a repository.

        Args:
            root: the repository.
            protocol: only those of this protocol.
            default: protocol that goes before all others except paper and paper-cpu.

        Raises:
            StorageError: there is no ledger, or none of this protocol.
        """
        names = {path.parent.parent.name for path in (root / "results").glob("*/ledger/*.csv")}
        if not names:
            raise StorageError(
                f"There is no ledger under {root / 'results'}; run the workflow first, as in "
                "`make results`."
            )
        if protocol is not None and protocol not in names:
            raise StorageError(
                f"There is no ledger of protocol {protocol!r}; there are ledgers of "
                f"{', '.join(sorted(names))}."
            )
        first = [name for name in (*_FIRST, default) if name in names]
        ordered = dict.fromkeys([*first, *sorted(names)])
        return cls(tuple(root / "results" / n for n in ordered if protocol in (None, n)))

    def find(self, address: str) -> FoundNumber:
        """A number; of several protocols that have it, the first with a value.

        Raises:
            ConfigError: no ledger has this address; names the nearest.
            StorageError: the ledger of its paper cannot be read.
        """
        having = [
            (folder, path)
            for folder, path in self._of_paper(address.partition(".")[0])
            if _mentions(path, address)
        ]
        found: list[FoundNumber] = []
        for folder, path in having:
            others = tuple(other for other, _ in having if other != folder)
            row = next((row for row in read_ledger(path) if row.address == address), None)
            if row is None:
                continue
            found.append(FoundNumber(folder, path, row, others))
            if row.value is not None or row.content_sha256:
                return found[-1]
        if not found:
            raise ConfigError(self._unknown(address))
        return found[0]

    def below_prefix(self, prefix: str) -> tuple[LedgerRow, ...]:
        """Numbers whose address begins with some slugs, of the first protocol that has any."""
        for _, path in self._of_paper(prefix.partition(".")[0]):
            rows = tuple(r for r in read_ledger(path) if r.address.startswith(f"{prefix}."))
            if rows:
                return rows
        return ()

    def _of_paper(self, paper: str) -> Iterator[tuple[Path, Path]]:
        for folder in self.folders:
            path = folder / "ledger" / f"{paper}.csv"
            # A slug cannot leave the folder of ledgers; anything else is no address.
            if path.parent == folder / "ledger" and path.is_file():
                yield folder, path

    def _unknown(self, address: str) -> str:
        known = {
            row.address
            for folder in self.folders
            for path in sorted((folder / "ledger").glob("*.csv"))
            for row in read_ledger(path)
        }
        near = difflib.get_close_matches(address, sorted(known), n=_OFFERED, cutoff=0.5)
        protocols = ", ".join(folder.name for folder in self.folders)
        hint = f"nearest are {_listed(near)}" if near else "addresses look like " + min(known)
        return f"No ledger of {protocols} has the address {address!r}; {hint}."


def _mentions(path: Path, address: str) -> bool:
    """False only if a ledger surely has no such number; one that cannot be read may have it."""
    try:
        return f"\n{address},".encode() in path.read_bytes()
    except OSError:
        return True


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
