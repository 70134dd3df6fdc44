"""Evidence of ledger rows, and when a confirmation no longer holds."""

from datetime import date

import pytest

from clustrace.files import sha256_file, write_text
from clustrace.provenance.evidence import Confirmation, Rung, basis
from clustrace.provenance.ledger import LedgerRow, address
from clustrace.provenance.rungs import with_evidence

RUNS = ("results/paper/runs/usps/dcec/0", "results/paper/runs/usps/dcec/1")
TRUTH = "results/paper/truth/usps.safetensors.gz"


def ledger_row(**fields):
    slugs = {"paper": "dcec", "table": "table1", "row": "dcec", "column": "usps", "metric": "acc"}
    filled = {"value": 0.5, "printed": "50.00", "runs": " ".join(RUNS), "kind": "cell", **fields}
    return LedgerRow(address=address(**slugs), **slugs, protocol="paper", **filled)


@pytest.fixture
def root(tmp_path):
    write_text(tmp_path / TRUTH, "truth")
    for block in "01":
        write_text(
            tmp_path / f"results/paper/runs/usps/dcec/{block}/predictions.safetensors.gz", block
        )
        write_text(tmp_path / f"results/paper/provenance/evaluate/usps/dcec/{block}.json", "{}")
    return tmp_path


def confirmed(root, row):
    """The row as confirmed from weights, with the files as they are now."""
    files = [f"{run}/predictions.safetensors.gz" for run in RUNS] + [TRUTH]
    found = basis(
        row.address,
        value=row.value,
        printed=row.printed,
        content_sha256="",
        files={file: sha256_file(root / file) for file in files},
    )
    confirmation = Confirmation(
        address=row.address, rung=Rung.WEIGHTS, basis=found, date=date(2026, 3, 1)
    )
    return {row.address: confirmation}


def rung(root, row, confirmations=None):
    return with_evidence([row], confirmations or {}, root=root)[0].evidence


def test_a_number_without_confirmation_is_recorded(root):
    assert rung(root, ledger_row()) is Rung.RECORDED


def test_a_number_keeps_the_rung_that_was_confirmed(root):
    assert rung(root, ledger_row(), confirmed(root, ledger_row())) is Rung.WEIGHTS


@pytest.mark.parametrize("file", [f"{RUNS[1]}/predictions.safetensors.gz", TRUTH])
def test_a_confirmation_ends_with_a_change_of_the_labels(root, file):
    confirmations = confirmed(root, ledger_row())
    write_text(root / file, "other")
    assert rung(root, ledger_row(), confirmations) is Rung.RECORDED
    (root / file).unlink()
    assert rung(root, ledger_row(), confirmations) is Rung.RECORDED


@pytest.mark.parametrize("change", [{"value": 0.5000001}, {"printed": "50.01"}])
def test_a_confirmation_ends_with_a_change_of_the_number(root, change):
    assert rung(root, ledger_row(**change), confirmed(root, ledger_row())) is Rung.RECORDED


def test_without_the_record_of_a_run_there_is_no_evidence(root):
    confirmations = confirmed(root, ledger_row())
    (root / "results/paper/provenance/evaluate/usps/dcec/1.json").unlink()
    assert rung(root, ledger_row(), confirmations) is None


def test_an_empty_cell_has_no_evidence(root):
    empty = ledger_row(value=None, printed="", runs="", reason="not computed yet")
    assert rung(root, empty) is None


def test_an_array_needs_any_record_of_its_run(root):
    array = ledger_row(kind="array", value=None, printed="", content_sha256="ab" * 32, runs=RUNS[0])
    assert rung(root, array) is Rung.RECORDED
    (root / "results/paper/provenance/evaluate").rename(root / "results/paper/provenance/embed")
    assert rung(root, array) is Rung.RECORDED
    assert rung(root, ledger_row()) is None
