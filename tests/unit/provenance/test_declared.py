"""What the configuration of this repository declares of numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.results_tree import ledger_row

from clustrace.errors import ConfigError
from clustrace.provenance.declared import declared_of

ROOT = Path(__file__).resolve().parents[3]


def test_a_cell_has_printed_names_deviations_and_fingerprints() -> None:
    row = ledger_row(
        "dcec", "dec", "", table="table1", column="usps", address="dcec.table1.dec.usps.acc"
    )
    found = declared_of(row, ROOT)
    assert found.title == "Guo 2017 · Table 1 · DEC · USPS · ACC"
    slugs = {deviation.slug for deviation in found.deviations}
    assert {"usps-scale", "sae-input-scale"} <= slugs
    assert "kmeans-starts" not in slugs
    assert found.raw["data/raw/usps.safetensors"] == "usps"
    assert len(found.fingerprints["usps"]) == 64


@pytest.mark.parametrize(
    ("row", "kind", "title"),
    [
        ("kendall-tau", "kendall-tau", "Guo 2017 · Table 1 · Kendall's tau · USPS · ACC"),
        ("dcec-over-idec", "comparison", "Guo 2017 · Table 1 · DCEC over IDEC · USPS · ACC"),
    ],
)
def test_rankings_and_comparisons_have_names(row: str, kind: str, title: str) -> None:
    found = ledger_row(
        "dcec",
        row,
        "",
        table="table1",
        column="usps",
        kind=kind,
        address=f"dcec.table1.{row}.usps.acc",
    )
    assert declared_of(found, ROOT).title == title


def test_a_claim_has_its_text_and_comparisons() -> None:
    row = ledger_row(
        "dcec",
        "reconstruction-helps",
        "",
        kind="claim",
        table="claims",
        column="all",
        metric="all",
        address="dcec.claims.reconstruction-helps.all.all",
    )
    found = declared_of(row, ROOT)
    assert "reconstruction" in found.title
    assert "dcec.table1.idec-over-dec.usps.acc" in found.comparisons


def test_a_paper_without_configuration_has_its_address(tmp_path: Path) -> None:
    row = ledger_row("paper", "dec", "")
    assert declared_of(row, tmp_path).title == "paper.t.dec.c.acc"


def test_a_configuration_that_is_not_usable_is_said(tmp_path: Path) -> None:
    (tmp_path / "config/papers").mkdir(parents=True)
    (tmp_path / "config/papers/paper.yaml").write_text("slug: [")
    with pytest.raises(ConfigError, match=r"paper\.yaml"):
        declared_of(ledger_row("paper", "dec", ""), tmp_path)
