"""Finding numbers among the ledgers of several protocols."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.results_tree import ledger_row

from clustrace.errors import ConfigError, StorageError
from clustrace.provenance.ledger import write_ledger
from clustrace.provenance.numbers import Ledgers


def write(root: Path, protocol: str, *rows: str, paper: str = "paper", empty: bool = False) -> None:
    changes = {"value": None, "reason": "not run"} if empty else {}
    path = root / "results" / protocol / "ledger" / f"{paper}.csv"
    write_ledger(path, [ledger_row(paper, row, "run", **changes) for row in rows])


def found_in(root: Path, default: str | None = None, protocol: str | None = None) -> str:
    return Ledgers.below(root, protocol, default).find("paper.t.dec.c.acc").folder.name


def test_paper_goes_before_paper_cpu_and_that_before_the_default(tmp_path: Path) -> None:
    write(tmp_path, "aaa", "dec")
    assert found_in(tmp_path) == "aaa"
    write(tmp_path, "quick", "dec")
    assert found_in(tmp_path, default="quick") == "quick"
    write(tmp_path, "paper-cpu", "dec")
    assert found_in(tmp_path, default="quick") == "paper-cpu"
    write(tmp_path, "paper", "dec")
    assert found_in(tmp_path, default="quick") == "paper"
    assert found_in(tmp_path, default="quick", protocol="aaa") == "aaa"


def test_a_number_with_a_value_goes_before_an_empty_one(tmp_path: Path) -> None:
    write(tmp_path, "paper", "dec", empty=True)
    assert found_in(tmp_path) == "paper"
    write(tmp_path, "quick", "dec")
    assert found_in(tmp_path) == "quick"


def test_other_protocols_of_the_same_address_are_named(tmp_path: Path) -> None:
    for protocol in ("paper", "quick", "smoke"):
        write(tmp_path, protocol, "dec" if protocol != "smoke" else "sae")
    number = Ledgers.below(tmp_path).find("paper.t.dec.c.acc")
    assert [folder.name for folder in number.also] == ["quick"]


def test_an_unknown_address_is_refused_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "paper", "dec", "idec", "kmeans")
    with pytest.raises(ConfigError, match=r"'paper\.t\.dek\.c\.acc'; nearest are paper\.t\.dec"):
        Ledgers.below(tmp_path).find("paper.t.dek.c.acc")


@pytest.mark.parametrize("address", ["", "x", "../../quick/ledger/paper", "paper", "ö.ö.ö"])
def test_what_is_no_address_is_refused(tmp_path: Path, address: str) -> None:
    write(tmp_path, "paper", "dec")
    with pytest.raises(ConfigError, match="has the address"):
        Ledgers.below(tmp_path).find(address)


def test_a_prefix_of_whole_slugs_lists_numbers(tmp_path: Path) -> None:
    write(tmp_path, "paper", "dec", "dec-conv", "idec")
    ledgers = Ledgers.below(tmp_path)
    assert [row.row for row in ledgers.below_prefix("paper.t.dec")] == ["dec"]
    assert len(ledgers.below_prefix("paper")) == 3
    assert ledgers.below_prefix("paper.t.de") == ()


def test_no_ledger_and_no_such_protocol(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="There is no ledger under"):
        Ledgers.below(tmp_path)
    write(tmp_path, "quick", "dec")
    with pytest.raises(StorageError, match="there are ledgers of quick"):
        Ledgers.below(tmp_path, protocol="paper")


def test_a_corrupt_ledger_is_named(tmp_path: Path) -> None:
    write(tmp_path, "quick", "dec")
    path = tmp_path / "results/quick/ledger/paper.csv"
    path.write_text(path.read_text().replace(",0.5,", ",half,"))
    with pytest.raises(StorageError, match=r"Row 1 of .*paper\.csv is corrupt"):
        found_in(tmp_path)
