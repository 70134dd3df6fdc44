"""Files that are made anew after bytes were restored."""

import pytest
from tests.results_tree import Tree

from clustrace.files import sha256_file
from clustrace.provenance.disk import DiskHashes
from clustrace.provenance.ledger import LedgerRow, address, write_ledger
from clustrace.provenance.parquet import write_parquet
from clustrace.provenance.restoring import place_parquet
from clustrace.provenance.standing import standing_jobs

SLUGS = {"paper": "p", "table": "t", "row": "r", "column": "c", "metric": "acc"}
ROW = LedgerRow(address=address(**SLUGS), **SLUGS, protocol="paper", kind="cell", value=0.5)


@pytest.fixture
def tree(tmp_path):
    """A ledger and its Parquet form, both recorded, the second one deleted."""
    tree = Tree(tmp_path, tmp_path / "results/paper")
    ledger, parquet = tmp_path / "results/paper/p.csv", tmp_path / "results/paper/p.parquet"
    write_ledger(ledger, [ROW])
    given, made = {"ledger": "results/paper/p.csv"}, {"parquet": "results/paper/p.parquet"}
    tree.job("parquet", given, made, work=lambda: write_parquet(parquet, [ROW]))
    recorded = sha256_file(parquet)
    parquet.unlink()
    return tree, ledger, parquet, recorded


def place(tree):
    jobs = standing_jobs([tree.folder / "provenance"], tree.root).jobs
    disk = DiskHashes(tree.root)
    place_parquet(jobs, disk)
    return disk


def test_parquet_is_made_from_the_ledger(tree):
    tree, _, parquet, recorded = tree
    assert place(tree).sha256("results/paper/p.parquet") == recorded == sha256_file(parquet)


def test_nothing_is_made_from_another_ledger(tree):
    tree, ledger, parquet, _ = tree
    write_ledger(ledger, [ROW.model_copy(update={"value": 0.6})])
    place(tree)
    assert not parquet.exists()


def test_what_is_not_as_recorded_is_not_kept(tree, monkeypatch):
    tree, ledger, parquet, _ = tree
    monkeypatch.setattr(
        "clustrace.provenance.restoring.write_parquet",
        lambda path, rows: path.write_bytes(b"of another version of pyarrow"),
    )
    place(tree)
    assert not parquet.exists() and list(ledger.parent.glob(".*")) == []


def test_a_file_that_is_there_is_left_alone(tree):
    tree, _, parquet, _ = tree
    parquet.write_bytes(b"edited")
    place(tree)
    assert parquet.read_bytes() == b"edited"
