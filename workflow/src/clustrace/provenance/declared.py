"""What the configuration declares of a number: names, deviations, fingerprints of its data.

A repository without config/ has numbers all the same; then nothing is declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from clustrace.config.datasets import DataRegistry
from clustrace.config.layout import Layout
from clustrace.config.pairings import pairings
from clustrace.config.papers import Deviation, Deviations, Paper
from clustrace.config.yamlfile import load_document
from clustrace.provenance.ledger import TAU_ROW, LedgerRow, address


@dataclass(frozen=True)
class Declared:
    """What the configuration says of a number.

    Attributes:
        title: printed names of its paper, table, row, column and metric.
        deviations: deviations from the paper that touch it.
        comparisons: addresses of the comparisons of a claim.
        raw: names of raw data by their path relative to the repository root.
        fingerprints: registered fingerprint of raw data by name.
    """

    title: str
    deviations: tuple[Deviation, ...] = ()
    comparisons: tuple[str, ...] = ()
    raw: Mapping[str, str] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)


def declared_of(row: LedgerRow, root: Path) -> Declared:
    """What config/ below ``root`` says of a number.

    Raises:
        ConfigError: a file of the configuration is not usable.
    """
    return Declarations(root).of(row)


@dataclass(frozen=True)
class Declarations:
    """What the configuration says of numbers; each of its files is read once.

    Attributes:
        root: repository root.
    """

    root: Path
    _papers: dict[str, tuple[Paper, Deviations] | None] = field(default_factory=dict)

    def of(self, row: LedgerRow) -> Declared:
        """What the configuration says of a number.

        Raises:
            ConfigError: a file of the configuration is not usable.
        """
        found = self._paper(row.paper)
        if found is None:
            return Declared(title=row.address)
        paper, declared = found
        layout = Layout()
        return Declared(
            title=_title(paper, row),
            deviations=tuple(
                deviation for deviation in declared.deviations if deviation.touches(row.address)
            ),
            comparisons=_comparisons(paper, row),
            raw={layout.raw(slug).as_posix(): slug for slug in self._registry.raw},
            fingerprints={slug: raw.fingerprint for slug, raw in self._registry.raw.items()},
        )

    def _paper(self, slug: str) -> tuple[Paper, Deviations] | None:
        if slug not in self._papers:
            papers = self.root / "config" / "papers"
            known = (papers / f"{slug}.yaml").is_file()
            self._papers[slug] = (
                (
                    load_document(papers / f"{slug}.yaml", Paper).model,
                    load_document(papers / f"{slug}.deviations.yaml", Deviations).model,
                )
                if known
                else None
            )
        return self._papers[slug]

    @cached_property
    def _registry(self) -> DataRegistry:
        return load_document(self.root / "config" / "datasets.yaml", DataRegistry).model


def _comparisons(paper: Paper, row: LedgerRow) -> tuple[str, ...]:
    claim = next((c for c in paper.claims if row.kind == "claim" and c.slug == row.row), None)
    if claim is None:
        return ()
    return tuple(
        address(paper.slug, p.table.slug, p.row_slug, p.column.slug, p.metric_slug)
        for p in pairings(claim, paper.table(claim.table))
    )


def _title(paper: Paper, row: LedgerRow) -> str:
    """Printed names, and the slug where the paper has no such name."""
    first = f"{paper.authors[0].rpartition(' ')[2]} {paper.year}" if paper.authors else paper.slug
    claim = next((c for c in paper.claims if row.kind == "claim" and c.slug == row.row), None)
    if claim is not None:
        return f"{first} · {claim.text}"
    table = next((t for t in paper.tables if t.slug == row.table), None)
    if table is None:
        return " · ".join((first, row.table, row.row, row.column, row.metric))
    rows = {r.slug: r.printed for r in table.rows} | {TAU_ROW: "Kendall's tau"}
    columns = {c.slug: c.printed for c in table.columns}
    metrics = {m.slug: m.printed for m in table.metrics}
    rows |= {
        pairing.row_slug: pairing.title
        for claim in paper.claims
        for pairing in pairings(claim, paper.table(claim.table))
        if claim.table == table.slug
    }
    return " · ".join(
        (
            first,
            table.printed,
            rows.get(row.row, row.row),
            columns.get(row.column, row.column),
            metrics.get(row.metric, row.metric),
        )
    )
