from datetime import UTC, datetime

import pytest

from clustrace.audit.model import Level
from clustrace.audit.saved import save_confirmations
from clustrace.errors import StorageError
from clustrace.provenance.evidence import Rung, read_evidence
from clustrace.provenance.ledger import read_ledger
from clustrace.provenance.rungs import with_evidence

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ADDRESS = "mini.table1.idec.digits.acc"


def save(results, **options):
    return save_confirmations(results.root, results.audit(**options), NOW)


def kept(results):
    return read_evidence(results.path("evidence/mini.csv"))


def test_confirmations_are_kept_and_the_ledger_takes_them_over(results):
    (path,) = save(results)
    assert path == results.path("evidence/mini.csv")
    found = kept(results)
    assert {each.rung for each in found.values()} == {Rung.PREDICTIONS}
    assert "CELL-003" in found[ADDRESS].checks and found[ADDRESS].date == NOW.date()
    assert results.path(f"provenance/objects/{found[ADDRESS].environment}.json").is_file()
    rows = read_ledger(results.path("ledger/mini.csv"))
    rated = {row.address: row for row in with_evidence(rows, found, root=results.root)}
    assert rated[ADDRESS].evidence is Rung.PREDICTIONS
    assert {row.evidence for row in rated.values() if row.value is not None} == {Rung.PREDICTIONS}
    assert results.audit().ok, "what is kept is no result without a record"


def test_a_ledger_that_names_what_was_confirmed_passes(results):
    save(results)
    results.change_row(ADDRESS, evidence="predictions")
    assert "CELL-010" not in results.failed(level=Level.HASHES)
    results.change_row(ADDRESS, printed="99.99 ± 0.01")
    assert "CELL-010" in results.failed(level=Level.HASHES), "that was another number"


def test_a_higher_rung_stays_as_long_as_it_holds_for_the_number(results):
    save(results)
    save(results, level=Level.HASHES)
    assert kept(results)[ADDRESS].rung is Rung.PREDICTIONS
    results.change_arrays(
        "runs/digits/idec/0/predictions.safetensors.gz", lambda arrays: None, note="other bytes"
    )
    results.restate("runs/digits/idec/0/predictions.safetensors.gz")
    save(results, level=Level.HASHES)
    assert kept(results)[ADDRESS].rung is Rung.HASHES


def test_what_is_no_longer_confirmed_goes(results):
    save(results)
    results.change_row(ADDRESS, value="0.9")
    save(results)
    assert ADDRESS not in kept(results)


def test_numbers_that_were_not_audited_stay(results):
    save(results)
    save(results, cells=[ADDRESS])
    assert len(kept(results)) == len(results.audit().sections[0].audited)


def test_evidence_that_cannot_be_read_is_not_overwritten(results):
    results.write(results.path("evidence/mini.csv"), b"address\nx\n")
    with pytest.raises(StorageError, match="no usable evidence"):
        save(results)
    assert results.path("evidence/mini.csv").read_bytes() == b"address\nx\n"
