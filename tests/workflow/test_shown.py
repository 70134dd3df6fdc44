"""What ledgers, tables and figures show after restricted runs and audits."""

import datetime

import pytest

from clustrace.files import sha256_file
from clustrace.provenance.evidence import Confirmation, Rung, basis, write_evidence
from clustrace.provenance.ledger import read_ledger
from clustrace.provenance.record import read_record

from .conftest import DEMONSTRATION

pytestmark = pytest.mark.slow

LEDGER = "results/smoke/ledger/demonstration.csv"
TABLE = "results/smoke/tables/demonstration/table1.html"
CELL = "demonstration.table1.dec.digits.acc"


def files(project, pattern):
    return {path: path.read_bytes() for path in sorted(project.folder.glob(pattern))}


def test_a_restricted_run_shows_what_was_there_and_computes_nothing(finished_copy):
    patterns = ("results/smoke/ledger/*.csv", "results/smoke/tables/**/*.*", "**/figures/**/*.*")
    before = [files(finished_copy, pattern) for pattern in patterns]
    restricted = {**DEMONSTRATION, "methods": "kmeans"}
    planned = finished_copy.planned(**restricted)
    shown = {"ledger", "parquet", "table", "figure"}
    assert {rule for rule, jobs in planned.items() if jobs} <= shown
    finished_copy.run(**restricted)
    assert [files(finished_copy, pattern) for pattern in patterns] == before
    record = read_record(
        finished_copy.folder / "results/smoke/provenance/ledger/demonstration.json"
    )
    others = {file.path for file in record.inputs["others"]}
    assert "results/smoke/runs/digits/dec/0/metrics.json" in others
    assert "results/smoke/runs/digits/kmeans/0/metrics.json" not in others
    assert finished_copy.planned(**restricted) == {}


def test_what_an_audit_confirms_is_printed_until_it_no_longer_holds(finished_copy):
    root = finished_copy.folder
    row = {row.address: row for row in read_ledger(root / LEDGER)}[CELL]
    assert row.evidence is Rung.RECORDED
    labels = [f"{row.runs}/predictions.safetensors.gz", "results/smoke/truth/digits.safetensors.gz"]
    found = basis(
        CELL, value=row.value, printed=row.printed, content_sha256="",
        files={path: sha256_file(root / path) for path in labels},
    )  # fmt: skip
    confirmation = Confirmation(
        address=CELL, rung=Rung.PREDICTIONS, basis=found, date=datetime.date(2026, 3, 1)
    )
    evidence = root / "results/smoke/evidence/demonstration.csv"
    write_evidence(evidence, [confirmation])
    finished_copy.run(**DEMONSTRATION)
    rungs = {row.address: row.evidence for row in read_ledger(root / LEDGER)}
    assert [address for address, rung in rungs.items() if rung is Rung.PREDICTIONS] == [CELL]
    # One in its cell, one in the legend.
    assert (root / TABLE).read_text(encoding="utf-8").count("③") == 2
    write_evidence(evidence, [confirmation.model_copy(update={"basis": "0" * 64})])
    finished_copy.run(**DEMONSTRATION)
    assert (root / TABLE).read_text(encoding="utf-8").count("③") == 1
