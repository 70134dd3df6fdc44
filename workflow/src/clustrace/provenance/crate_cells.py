"""Numbers in an RO-Crate: each row of a ledger is a property value that knows its origin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from clustrace.provenance.crate_files import CrateFiles
from clustrace.provenance.crate_graph import CrateGraph, Reference
from clustrace.provenance.crate_jobs import action_of
from clustrace.provenance.jobs import JobRef
from clustrace.provenance.ledger import LedgerRow, read_ledger
from clustrace.provenance.lineage import Lineage


@dataclass
class CrateCells:
    """Entities of the rows of all ledgers.

    Attributes:
        graph: receives the entities.
        files: receives the files that the numbers were computed from.
        lineage: where the numbers come from.
    """

    graph: CrateGraph
    files: CrateFiles
    lineage: Lineage

    def add(self, path: Path) -> dict[Reference, list[Reference]]:
        """Add the rows of a ledger.

        Returns:
            The rows by the actions that they come from: the one that wrote the ledger as it is,
            or else, for each row, those that wrote the files of its runs.

        Raises:
            StorageError: it is no ledger.
        """
        rows = read_ledger(path)
        name = path.relative_to(self.lineage.root).as_posix()
        ledger = self.files.own(path)
        writer = self.lineage.producer(name, self.files.states.hashes.sha256(path))
        found: dict[Reference, list[Reference]] = {}
        for row in rows:
            origins = [action_of(job, self.lineage) for job in self._origins(row, writer)]
            cell = self._cell(row, ledger, origins)
            for action in origins:
                found.setdefault(action, []).append(cell)
        return found

    def _origins(self, row: LedgerRow, writer: JobRef | None) -> Iterator[JobRef]:
        if writer is not None:
            yield writer
            return
        members = self.lineage.members(row.address)
        yield from dict.fromkeys(m.producer for m in members if m.producer is not None)

    def _cell(self, row: LedgerRow, ledger: Reference, origins: list[Reference]) -> Reference:
        content = f"sha256:{row.content_sha256}" if row.content_sha256 else None
        return self.graph.add(
            f"#cell/{quote(row.address)}",
            "PropertyValue",
            name=row.address,
            propertyID=row.address,
            value=content if row.value is None else row.value,
            unitText=_unit(row),
            description=_sentence(row),
            measurementTechnique="; ".join(filter(None, (row.aggregation, row.rounding))) or None,
            valueReference=self._published(row),
            wasGeneratedBy=origins,
            wasDerivedFrom=[self.files.recorded(m.file) for m in self.lineage.members(row.address)],
            subjectOf=ledger,
        )

    def _published(self, row: LedgerRow) -> Reference | None:
        if row.published is None:
            return None
        return self.graph.add(
            f"#published/{quote(row.address)}",
            "PropertyValue",
            name=f"{row.address} as published",
            propertyID=row.address,
            value=row.published,
            unitText=row.published_unit or None,
            description=f"Printed as {row.published_printed}: {row.place}.",
        )


def _unit(row: LedgerRow) -> str | None:
    """Unit of the value of a cell."""
    if row.kind != "cell":
        return None
    unit = row.rounding.partition(",")[0]
    return unit if unit in ("seconds", "ratio", "millions") else "fraction"


def _sentence(row: LedgerRow) -> str:
    """What the ledger says of a number besides its value."""
    said = {
        "printed": row.printed,
        "standard deviation": "" if row.std is None else f"{row.std:.6g}",
        "n": str(row.n) if row.n else "",
        "seeds": row.seeds,
        "published": row.published_printed,
        "difference": "" if row.difference is None else f"{row.difference:.6g}",
        "tolerance": "" if row.tolerance is None else f"{row.tolerance:.6g}",
        "verdict": row.verdict.value if row.verdict else "",
        "evidence": row.evidence.value if row.evidence else "",
        "reason": row.reason,
    }
    kind = row.kind.replace("-", " ").replace("kendall", "Kendall").capitalize()
    return f"{kind}; " + "; ".join(f"{name} {text}" for name, text in said.items() if text) + "."
