"""Keeping what an audit confirmed: results/<protocol>/evidence/<paper>.csv."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path

from clustrace.audit.report import Confirmed, Report, Section
from clustrace.provenance.environment import describe_environment
from clustrace.provenance.evidence import Confirmation, read_evidence, write_evidence
from clustrace.provenance.objects import ObjectStore


def save_confirmations(root: Path, report: Report, now: datetime) -> list[Path]:
    """Write the confirmations of a report beside the results; returns the files written.

    A confirmation that is there stays where it reaches higher than the new one and holds for the
    same number; one of a number that was audited and not confirmed goes.

    Raises:
        StorageError: a file could not be read or written.
    """
    return [path for section in report.sections for path in _save(root, section, now)]


def _save(root: Path, section: Section, now: datetime) -> list[Path]:
    folder = root / "results" / section.protocol
    store = ObjectStore(folder / "provenance" / "objects")
    described = describe_environment(device="cpu", threads=1)
    environment = store.keep_json(described.model_dump(mode="json"))
    audited: dict[str, dict[str, Confirmed | None]] = defaultdict(dict)
    for address in section.audited:
        audited[address.partition(".")[0]][address] = section.confirmed.get(address)
    written = []
    for paper, numbers in sorted(audited.items()):
        path = folder / "evidence" / f"{paper}.csv"
        kept = read_evidence(path)
        for address, confirmed in numbers.items():
            earlier = kept.pop(address, None)
            if confirmed is None:
                continue
            if earlier and earlier.basis == confirmed.basis and _higher(earlier, confirmed):
                kept[address] = earlier
                continue
            kept[address] = Confirmation(
                address=address,
                rung=confirmed.rung,
                basis=confirmed.basis,
                checks=" ".join(confirmed.checks),
                date=now.date(),
                environment=environment,
            )
        write_evidence(path, kept.values())
        written.append(path)
    return written


def _higher(earlier: Confirmation, confirmed: Confirmed) -> bool:
    return earlier.rung.height > confirmed.rung.height
